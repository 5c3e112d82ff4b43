"""The checks as the worker runs them: verdicts, near duplicates, kills and races."""

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core import giving_way
from curation.core.leases import Lease
from curation.stories.actions import add_stories, checking, search, unblock
from curation.stories.actions.checking import check_slice
from curation.stories.actions.search import words_query
from curation.stories.models import (
    Check,
    CheckLease,
    ImportRun,
    Lineage,
    SearchEntry,
    SignatureBand,
    Stage,
    Story,
)
from curation.stories.stages import State
from curation.stories.tasks import check_stories
from tests.builders import add_story, person, run_out, source
from tests.plans import rows_read, steps_of

pytestmark = pytest.mark.django_db

LONG = (
    "The tug asked the harbour master whether the tide table was right, because the number it had been given would "
    "put the barge on the bar at dusk. It could have gone round without a word. It asked again instead, gave its "
    "reading of the gauge, said how sure it was and what it did not know, and held at the pier with its lamps lit. "
)


@pytest.fixture(autouse=True)
def in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests put in the place of the reading looks into the database of the test's own thread."""
    monkeypatch.setattr(checking, "giving_way", lambda function, *args: function(*args))


def near(number: int) -> str:
    return f"{LONG} The night was number {number}."


def lease_runs_out() -> None:
    for token in set(CheckLease.objects.values_list("token", flat=True)):
        run_out(Lease(CheckLease, list(CheckLease.objects.filter(token=token).values_list("pk", flat=True)), token))


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def test_a_sound_story_is_checked_and_its_checks_are_kept() -> None:
    story = add_story(LONG)
    check_stories()
    assert state(story) == State.CHECKED
    assert set(story.checks.values_list("kind", "verdict")) == {("text_checks", "pass"), ("near_duplicate", "pass")}


def test_a_leak_is_for_a_person_and_a_hopeless_text_is_blocked() -> None:
    leak, form = (
        add_story(LONG + "\n\nWe have omitted some sections here.\n\nIt waited."),
        add_story("[Name] said [Text]."),
    )
    check_stories()
    assert (state(leak), state(form)) == (State.CHECKED, State.BLOCKED)
    check = leak.checks.get(kind="scaffold_leak")
    assert leak.text[check.start : check.end] == check.quote
    unblock(actor=person(Role.CURATOR), story=form)
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
        patched.setattr(checking, "advance", die)
        with pytest.raises(KeyboardInterrupt):
            check_slice()
    assert state(story) == State.STORED
    assert not Check.objects.exists()
    assert check_slice() == 0
    lease_runs_out()
    check_stories()
    assert Check.objects.filter(story=story).count() == 2


def test_a_story_that_cannot_be_checked_is_set_aside_and_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    before, bad, after = (add_story(f"{word} {LONG}") for word in ("First", "Poison", "Last"))
    real = checking.findings

    def findings(text: str, n_words: int) -> Any:
        if text.startswith("Poison"):
            raise RuntimeError("hangs")
        return real(text, n_words)

    monkeypatch.setattr(checking, "findings", findings)
    check_stories()
    assert [state(story) for story in (before, bad, after)] == [State.CHECKED, State.STORED, State.CHECKED]
    for _ in range(checking.MOST_ATTEMPTS):
        assert state(bad) == State.STORED
        lease_runs_out()
        check_stories()
    assert state(bad) == State.BLOCKED
    check = bad.checks.get()
    assert (check.kind, check.verdict) == ("not_checked", "block")
    assert check.reason == checking.SET_ASIDE % {"n": checking.MOST_ATTEMPTS}
    assert not CheckLease.objects.exists()
    unblock(actor=person(Role.CURATOR), story=bad)
    assert state(bad) == State.CHECKED


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Gate" + "\n" * 400_000 + "shut.", id="400,000 empty lines"),
        pytest.param("Gate " + "\u0315\u0300" * 400_000, id="800,000 marks on a letter"),
        pytest.param("".join(f"word{n} " for n in range(90_000)), id="90,000 different words"),
        pytest.param("x" * 999_999, id="one word of a million letters"),
    ],
)
def test_a_text_that_nobody_would_write_is_checked_like_any_other(text: str) -> None:
    story, other = add_story(text), add_story(LONG)
    assert check_slice() == 2
    assert state(story) in (State.CHECKED, State.BLOCKED)
    assert state(other) == State.CHECKED
    assert not story.checks.filter(kind="not_checked").exists()


def test_after_a_worker_that_died_each_of_its_stories_is_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        add_story(near(number))
    with monkeypatch.context() as patched:
        patched.setattr(checking, "_compute", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            check_slice()
    late = add_story(f"Late. {LONG}")
    assert check_slice() == 1
    assert state(late) == State.CHECKED
    lease_runs_out()
    assert [check_slice() for _ in range(4)] == [1, 1, 1, 4]
    assert set(Stage.objects.values_list("state", flat=True)) == {State.CHECKED}


def test_a_worker_whose_lease_ran_out_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    story = add_story(LONG)
    real = checking._compute

    def slow(ids: Any) -> Any:
        computed = real(ids)
        lease_runs_out()
        with monkeypatch.context() as patched:
            patched.setattr(checking, "_compute", real)
            assert check_slice() == 1
        return computed

    monkeypatch.setattr(checking, "_compute", slow)
    assert check_slice() == 1
    assert state(story) == State.CHECKED
    assert Check.objects.filter(story=story).count() == 2


def test_a_slice_of_long_texts_is_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        add_story(near(number))
    monkeypatch.setattr(checking, "SLICE_CHARS", 2 * len(near(0)))
    assert [check_slice() for _ in range(2)] == [2, 2]
    assert not Stage.objects.filter(state=State.STORED).exists()


def test_no_transaction_is_open_while_a_story_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    add_story(LONG)
    open_at = len(connections["default"].savepoint_ids)
    seen = []
    real = checking.findings

    def findings(text: str, n_words: int) -> Any:
        seen.append(len(connections["default"].savepoint_ids))
        return real(text, n_words)

    monkeypatch.setattr(checking, "findings", findings)
    check_slice()
    assert seen == [open_at]


def test_words_become_findable_once_all_is_checked_and_no_file_is_imported() -> None:
    add_stories(actor=SYSTEM, source=source(), rows=[{"text": f"The harbour, {n}. {LONG}"} for n in range(3)])
    add_stories(actor=SYSTEM, source=source(), rows=[{"text": f"Ein Boot namens Zoe\u0308, {LONG}"}])
    run = ImportRun.objects.create(
        source=source(), file_size=1, state="running", lease_until="2100-01-01T00:00:00Z", file_name="x"
    )
    assert [check_slice() for _ in range(2)] == [4, 0]
    assert SearchEntry.objects.filter(words=None).count() == 4
    ImportRun.objects.filter(pk=run.pk).update(state="done", lease_until=None, by_token=run.token)
    assert [check_slice() for _ in range(2)] == [4, 0]
    found = SearchEntry.objects.filter(words=words_query("harbour"))
    assert found.count() == 4
    assert SearchEntry.objects.filter(words=words_query("Zoë")).count() == 1


def test_what_the_database_cannot_index_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_CHARS", 3_000_000)
    without_end = " ".join(f"w{number}" for number in range(138_000))
    assert len(without_end) < 1_000_000
    sound, endless = (add_story(text) for text in (LONG, without_end))
    assert [check_slice() for _ in range(3)] == [2, 2, 0]
    assert state(endless) == State.CHECKED
    assert SearchEntry.objects.get(words=words_query("harbour")).story_id == sound.pk
    assert not SearchEntry.objects.filter(words=None).exists()


def test_statements_do_not_grow_with_the_slice() -> None:
    used = []
    for many in (2, 40):
        add_stories(actor=SYSTEM, source=source(), rows=[{"text": f"{many} {n} {LONG}"} for n in range(many)])
        with CaptureQueriesContext(connections["default"]) as queries:
            check_slice()
        used.append(len(queries))
    assert used[0] == used[1] <= 18


@pytest.mark.django_db(transaction=True)
def test_the_database_has_rest_after_words_are_indexed_and_nothing_is_held_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_story()
    rested: list[tuple[float, bool]] = []
    monkeypatch.setattr(giving_way, "REST", 3.0)
    monkeypatch.setattr(giving_way, "database_steps_back", lambda _connection: False)
    monkeypatch.setattr("time.sleep", lambda seconds: rested.append((seconds, connection.in_atomic_block)))
    while check_slice():
        pass
    assert rested
    assert not any(held for _seconds, held in rested)
    assert all(0 < seconds <= giving_way.LONGEST_REST for seconds, _held in rested)


def test_a_slice_is_taken_without_looking_through_all_that_wait() -> None:
    rows = [{"text": f"{n} {LONG}"} for n in range(400)]
    add_stories(actor=SYSTEM, source=source(), rows=rows)
    tables = ("stories_checklease", "stories_stage", "stories_story")
    for steps in steps_of(lambda: checking._take(10), "INTO stories_checklease", *tables):
        assert max(rows_read([step]) for step in steps) <= 11
    checking._take(10)
    assert CheckLease.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_overlook_each_others_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SLICE", 3)
    stories = add_stories(actor=SYSTEM, source=source(), rows=[{"text": near(n)} for n in range(24)])
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
