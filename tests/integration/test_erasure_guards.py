"""The one way past the triggers that keep rows as they are, tried from every other side."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import Error, IntegrityError, ProgrammingError, connection, transaction

from annotations.actions import Hit, block_later, claim, submit
from annotations.models import Assignment, Item, Review
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core import leases, roles
from curation.core.errors import ExemplaError
from curation.core.leases import Lease
from curation.erasure.actions import ask_purge, purge, purge_due
from curation.erasure.actions import purging as purging_module
from curation.erasure.models import PersonErasure, Purge, PurgedFile
from curation.releases.actions import build, retry, start_release
from curation.releases.models import ReleaseFile, ReleaseItem
from curation.scoring.models import ScoreJob
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests import builders
from tests.builders import accepted_stories, built_release, dataset, person

DESTROY = "SELECT erasure_purge_story(%s)"


def sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def text_of(story: Story) -> str:
    return Story.objects.values_list("text", flat=True).get(pk=story.pk)


@pytest.fixture
def story(db: None) -> Story:
    return accepted_stories(1)[0]


@pytest.fixture
def asked(story: Story) -> Purge:
    return ask_purge(actor=person(Role.ADMIN), story=story, kind="law", reason="A court.")


@pytest.fixture
def held(asked: Purge) -> Iterator[tuple[Purge, Lease]]:
    claimed = purging_module.claim(asked.pk)
    assert claimed is not None
    return iter([claimed])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stories_story SET text = ''",
        "UPDATE annotations_review SET comment = ''",
        "UPDATE audit_entry SET data = '{}'",
        "UPDATE releases_pseudonym SET secret = ''",
        "INSERT INTO core_opening SELECT pg_current_xact_id(), 'stories_story'::regclass, id::text FROM stories_story",
        "DELETE FROM core_opening",
        "CREATE OR REPLACE FUNCTION erasure_purge_story(bigint) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE stories_story DISABLE TRIGGER append_only",
        "DROP TRIGGER nothing_more ON annotations_item",
    ],
)
def test_the_application_has_no_other_way(asked: Purge, story: Story, statement: str) -> None:
    before = text_of(story)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        sql(statement)
    assert text_of(story) == before


def test_the_function_does_nothing_for_a_purge_that_is_not_under_way(asked: Purge, story: Story) -> None:
    before = text_of(story)
    for key in (asked.pk, asked.pk + 99, None):
        with pytest.raises(IntegrityError, match="not under way"):
            sql(DESTROY, key)
    assert text_of(story) == before


def test_the_function_does_nothing_while_the_story_is_in_use(held: Iterator[Any], story: Story) -> None:
    """A purge that is held is not enough: the story has to be out of review, for good."""
    (one, _lease) = next(held)
    with pytest.raises(IntegrityError, match="not under way"):
        sql(DESTROY, one.pk)
    assert text_of(story)


def test_the_function_does_nothing_for_a_lease_that_ran_out(held: Iterator[Any], story: Story) -> None:
    one, lease = next(held)
    Stage.objects.filter(story=story).update(state="purged")
    builders.run_out(lease)
    with pytest.raises(IntegrityError, match="not under way"):
        sql(DESTROY, one.pk)
    assert text_of(story)


def test_the_function_destroys_the_story_of_its_purge_and_no_other(held: Iterator[Any], story: Story) -> None:
    other = accepted_stories(1)[0]
    one, _lease = next(held)
    Stage.objects.filter(story__in=[story, other]).update(state="purged")
    sql(DESTROY, one.pk)
    assert (text_of(story), bool(text_of(other))) == ("", True)
    once = Entry.objects.filter(verb="story.purged")
    assert once.get().data["kind"] == "law"
    sql(DESTROY, one.pk)
    assert once.count() == 1, "a second time changes nothing"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_opening")
        assert cursor.fetchone() == (0,)


def test_a_table_of_ones_own_by_the_name_of_the_opening_opens_nothing(transactional_db: None) -> None:
    story = builders.add_story()
    with roles.as_owner():
        with pytest.raises(IntegrityError, match="append-only"):
            sql(
                "CREATE TEMP TABLE core_opening (xact xid8, relation oid, row_key text) ON COMMIT DROP; "
                "INSERT INTO pg_temp.core_opening "
                "SELECT pg_current_xact_id(), 'stories_story'::regclass, id::text FROM stories_story; "
                "UPDATE stories_story SET text = ''"
            )
        # Even where a row is open, nothing but its words can go.
        for key, change in (
            (story.pk, "UPDATE stories_story SET text = 'Other words.'"),
            (story.pk, "UPDATE stories_story SET n_words = 0"),
            (story.pk, "UPDATE stories_story SET text_sha256 = 'f'"),
            (story.pk, "UPDATE stories_story SET original = '{\"a\": 1}'"),
            (story.pk, "DELETE FROM stories_story"),
            (story.pk + 1, "UPDATE stories_story SET text = ''"),
        ):
            opening = f"INSERT INTO core_opening SELECT pg_current_xact_id(), 'stories_story'::regclass, '{key}'; "
            with pytest.raises(IntegrityError, match="append-only"):
                sql(opening + change)
    assert text_of(story)


def test_nothing_more_is_said_of_a_purged_story(asked: Purge, story: Story) -> None:
    item = Item.objects.get(story=story)
    assignment = item.assignments.first()
    assert assignment is not None
    purge(purge=asked)
    for made in (
        lambda: Item.objects.create(queue=item.queue, story=story, kind="gold", seats=1, seats_left=1),
        lambda: sql(
            "INSERT INTO stories_check (story_id, kind, verdict, reason, quote, index_version, created_at) "
            "VALUES (%s, 'x', 'pass', '', 'the words', '', now())",
            story.pk,
        ),
        lambda: sql("INSERT INTO stories_searchentry (story_id) VALUES (%s)", story.pk),
        lambda: sql(
            "INSERT INTO annotations_draft (assignment_id, data, version, updated_at) VALUES (%s, '{}', 1, now())",
            assignment.pk,
        ),
    ):
        with pytest.raises(IntegrityError, match="of a purged story"), transaction.atomic():
            made()
    for state in ("stored", "queued", "accepted"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Stage.objects.filter(story=story).update(state=state)
    assert not ScoreJob.objects.filter(story=story).exclude(state="done").exists()


def test_no_release_gets_a_file_that_was_destroyed(asked: Purge) -> None:
    accepted_stories(1)
    release = built_release(dataset())
    purge(purge=asked)
    gone = PurgedFile.objects.filter(blob__isnull=False).first()
    assert gone is not None
    waiting = Purge.objects.get().follow_ups.get().release
    assert waiting is not None
    with pytest.raises(IntegrityError, match="not released again"), transaction.atomic():
        ReleaseFile.objects.create(release=waiting, path="again", blob=gone.blob)
    assert release.files.exists()


def test_what_a_purge_is_about_and_by_whom_never_changes(asked: Purge) -> None:
    other = builders.add_story()
    for changed in ({"story": other}, {"kind": "harm"}, {"reason": "Other."}, {"asked_by": person(Role.ADMIN)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Purge.objects.filter(pk=asked.pk).update(**changed)
    for statement in ("DELETE FROM erasure_purge", "TRUNCATE erasure_purge"):
        with pytest.raises(Error):
            sql(statement)
    with pytest.raises(IntegrityError, match="purge_once"), transaction.atomic():
        Purge.objects.create(story=asked.story, kind="law", reason="Again.")


def test_a_purge_that_needs_two_people_does_not_begin_by_the_hand_of_one(story: Story) -> None:
    admin = person(Role.ADMIN)
    asked = Purge.objects.create(
        story=story, kind="law", reason="A court.", state="awaiting", second_person=True, asked_by=admin
    )
    for decided in ({}, {"decided_by": admin}):
        with pytest.raises(IntegrityError, match="purge_by_two_people"), transaction.atomic():
            Purge.objects.filter(pk=asked.pk).update(state="pending", **decided)
    with pytest.raises(IntegrityError), transaction.atomic():
        Purge.objects.filter(pk=asked.pk).update(second_person=False)
    assert leases.take(Purge) is None


def test_erasing_a_person_has_no_other_way_either(db: None) -> None:
    user = person(username="anna")
    with pytest.raises(IntegrityError, match="not under way"):
        sql("SELECT erasure_erase_person(%s)", 99)
    made = PersonErasure.objects.create(user=user, with_comments=False)
    with pytest.raises(IntegrityError, match="not under way"):
        sql("SELECT erasure_erase_person(%s)", made.pk)
    user.refresh_from_db()
    assert user.username == "anna", "an account that is open is not erased"


def test_two_workers_purge_a_story_once(asked: Purge) -> None:
    assert purging_module.claim(asked.pk) is not None
    assert purging_module.claim(asked.pk) is None
    with pytest.raises(Exception, match="not waiting"):
        purge(purge=asked)
    assert Purge.objects.get().attempts == 1
    assert SYSTEM.pk is None


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def a_claim(story: Story) -> object:
    item = Item.objects.filter(story=story).select_related("queue").first()
    assert item is not None
    return claim(reviewer=User.objects.get(username="late"), queue=item.queue)


def a_submission(story: Story) -> object:
    held = Assignment.objects.get(story=story, reviewer__username="reading")
    submission = parse_submission(builders.answers(), held.rubric)
    return submit(reviewer=held.reviewer, assignment=held, submission=submission, idempotency_key=uuid4())


def a_block(story: Story) -> object:
    return block_later(story=story, hit=Hit(kind="late", reason="Found.", index_version="1"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("late", [a_claim, a_submission, a_block])
def test_who_comes_while_words_are_destroyed_stores_nothing_of_the_story(late: Any) -> None:
    reading = person(username="reading")
    person(username="late")
    story = builders.checked_stories(1)[0]
    queue = builders.queue_of(reading, User.objects.get(username="late"), stories=[story], overlap=2)
    assert claim(reviewer=reading, queue=queue) is not None
    asked = ask_purge(actor=SYSTEM, story=story, kind="law", reason="A court.")
    claimed = purging_module.claim(asked.pk)
    assert claimed is not None
    came: list[object] = []

    def come() -> None:
        try:
            came.append(late(story))
        except (ExemplaError, Error) as error:
            came.append(error)
        finally:
            connection.close()

    with claimed[1], transaction.atomic():
        purging_module.destroy_words(*claimed, set())
        other = Thread(target=come)
        other.start()
        while other.is_alive() and not waits_for_a_lock():
            other.join(0.02)
    other.join(30)
    assert came in ([None], [State.PURGED]) or isinstance(came[0], ExemplaError | Error)
    assert not Assignment.objects.filter(story=story, state="active").exists()
    assert not Review.objects.filter(story=story).exists()
    assert text_of(story) == ""
    assert Stage.objects.get(story=story).state == "purged"


@pytest.mark.django_db(transaction=True)
def test_rows_that_are_frozen_while_words_are_destroyed_do_not_have_the_story(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    story, other = accepted_stories(2)
    asked = ask_purge(actor=SYSTEM, story=story, kind="law", reason="A court.")
    claimed = purging_module.claim(asked.pk)
    assert claimed is not None
    waiting = start_release(actor=SYSTEM, dataset=dataset(), version="v0.1.0")
    came: list[object] = []

    def come() -> None:
        try:
            came.append(build(release=waiting))
        except ExemplaError as error:
            came.append(error)
        finally:
            connection.close()

    with claimed[1], transaction.atomic():
        purging_module.destroy_words(*claimed, set())
        thread = Thread(target=come)
        thread.start()
        while thread.is_alive() and not waits_for_a_lock():
            thread.join(0.02)
    thread.join(60)
    # It waited for the purge, and saw that the story has moved on.
    assert isinstance(came[0], ExemplaError)
    assert not ReleaseItem.objects.filter(story=story).exists()
    again = build(release=retry(actor=SYSTEM, release=waiting))
    assert set(again.items.values_list("story", flat=True)) == {other.pk}


def test_a_purge_whose_worker_was_killed_is_taken_up_by_another(held: Iterator[Any], story: Story) -> None:
    one, lease = next(held)
    purging_module.destroy_words(one, lease, purging_module.name_files(one))
    builders.run_out(lease)
    assert purge_due() == 1
    one.refresh_from_db()
    assert one.state == "done"
    with pytest.raises(leases.LeaseLost):
        purging_module.destroy_words(one, lease)
