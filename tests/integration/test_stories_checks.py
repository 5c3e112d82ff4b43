"""The checks as the worker runs them: verdicts, near duplicates, kills and races."""

import threading
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from curation.accounts.models import Role
from curation.stories import checks
from curation.stories.actions import add_stories, release_block
from curation.stories.checks import check_slice
from curation.stories.models import Check, Lineage, SignatureBand, Stage, Story
from curation.stories.stages import State
from curation.stories.tasks import check_stories
from tests.builders import add_story, person, source

pytestmark = pytest.mark.django_db

LONG = (
    "The tug asked the harbour master whether the tide table was right, because the number it had been given would "
    "put the barge on the bar at dusk. It could have gone round without a word. It asked again instead, gave its "
    "reading of the gauge, said how sure it was and what it did not know, and held at the pier with its lamps lit. "
)


def near(number: int) -> str:
    return f"{LONG} The night was number {number}."


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def test_a_sound_story_is_checked_and_its_checks_are_kept() -> None:
    story = add_story(LONG)
    check_stories()
    assert state(story) == State.CHECKED
    assert set(story.checks.values_list("kind", "verdict")) == {("artefacts", "pass"), ("near_duplicate", "pass")}


def test_a_leak_is_for_a_person_and_a_hopeless_text_is_blocked() -> None:
    leak, form = (
        add_story(LONG + "\n\nWe have omitted some sections here.\n\nIt waited."),
        add_story("[Name] said [Text]."),
    )
    check_stories()
    assert (state(leak), state(form)) == (State.CHECKED, State.BLOCKED)
    check = leak.checks.get(kind="scaffold_leak")
    assert leak.text[check.start : check.end] == check.quote
    release_block(actor=person(Role.CURATOR), story=form)
    assert state(form) == State.CHECKED
    assert check_slice() == 0


def test_the_newer_of_two_near_duplicates_names_the_older() -> None:
    older, newer = add_story(near(1)), add_story(near(2))
    check_stories()
    assert older.checks.get(kind="near_duplicate").verdict == "pass"
    check = newer.checks.get(kind="near_duplicate")
    assert (check.verdict, check.other, state(newer)) == ("review", older, State.CHECKED)


def test_a_story_checked_later_is_held_against_the_index() -> None:
    older = add_story(near(1))
    check_stories()
    newer = add_story(near(2))
    check_stories()
    assert newer.checks.get(kind="near_duplicate").other == older


def test_a_rewrite_is_no_duplicate_of_its_draft() -> None:
    draft, rewrite = add_story(near(1)), add_story(near(2))
    Lineage.objects.create(child=rewrite, parent=draft, kind="rewrite")
    check_stories()
    assert rewrite.checks.get(kind="near_duplicate").verdict == "pass"


def test_a_kill_in_a_slice_leaves_its_stories_to_the_next_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    story = add_story(near(1))

    def die(**_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checks, "advance", die)
        with pytest.raises(KeyboardInterrupt):
            check_slice()
    assert state(story) == State.STORED
    assert not Check.objects.exists()
    check_stories()
    assert Check.objects.filter(story=story).count() == 2


def test_statements_do_not_grow_with_the_slice() -> None:
    used = []
    for many in (2, 40):
        add_stories(actor=None, source=source(), rows=[{"text": f"{many} {n} {LONG}"} for n in range(many)])
        with CaptureQueriesContext(connections["default"]) as queries:
            check_slice()
        used.append(len(queries))
    assert used[0] == used[1] <= 18


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_overlook_each_others_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SLICE", 3)
    stories = add_stories(actor=None, source=source(), rows=[{"text": near(n)} for n in range(24)])
    ready, failures = threading.Barrier(3), []

    def work() -> None:
        try:
            ready.wait()
            while check_slice(size=3):
                pass
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    verdicts = list(Check.objects.filter(kind="near_duplicate").values_list("verdict", flat=True))
    assert (verdicts.count("pass"), verdicts.count("review")) == (1, 23)
    assert SignatureBand.objects.count() == 24 * 14
    assert {state(story) for story in stories} == {State.CHECKED}
