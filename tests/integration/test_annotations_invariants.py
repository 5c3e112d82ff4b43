"""The database itself refuses what must never be, whatever the code does."""

from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from annotations.actions import add_items, claim
from annotations.models import Assignment, Decision, Draft, Item, Queue, Rating, Review, ReviewFlag, Span
from curation.accounts.actors import SYSTEM
from curation.core import roles
from tests.builders import add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewed() -> Review:
    """A committed review with a rating, a flag and a passage."""
    annie, story = person(), add_story()
    queue = queue_of(annie, person(), stories=[story])
    passage = {"start": 0, "end": 5, "quote": story.text[:5]}
    words = {"conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}
    return review_by(annie, queue, answers(flags={"backfire": passage | words, "self_harm": {}}))


def copy(row: Any, **changes: Any) -> Any:
    """Insert another row like this one."""
    row.pk = None
    row._state.adding = True
    for name, value in changes.items():
        setattr(row, name, value)
    return row.save(force_insert=True)


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        attempt()
    return str(caught.value)


@pytest.mark.parametrize("model", [Review, Rating, ReviewFlag, Span, Decision])
def test_what_is_committed_cannot_be_changed_or_deleted(reviewed: Review, model: type[Any]) -> None:
    column = {Review: "comment", Rating: "value", ReviewFlag: "flag_id", Span: "start", Decision: "note"}[model]
    table = model._meta.db_table
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.parametrize(("name", "again"), [("Tales", "TALES"), ("Café", "Cafe\u0301"), ("Ｎight 2", "night ２")])
def test_a_queues_name_is_its_own_and_older_doubles_are_told_apart(
    transactional_db: None, name: str, again: str
) -> None:
    queue = queue_of(name=name)
    copies = {"slug": "again", "name": again}
    assert "queue_name_once" in refused(lambda: copy(Queue.objects.get(pk=queue.pk), **copies))
    with roles.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute("DROP INDEX queue_name_once")
        copy(Queue.objects.get(pk=queue.pk), **copies)
        cursor.execute(import_module("annotations.migrations.0017_queue_names_in_any_form").TELL_APART)
        names = list(Queue.objects.order_by("id").values_list("name", flat=True))
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert names == [name, f"{again} (again)"]


def test_a_seat_is_held_once_and_a_story_read_once(reviewed: Review) -> None:
    mine = reviewed.assignment
    assert "assignment_once" in refused(lambda: copy(Assignment.objects.get(pk=mine.pk), seat=2))
    other = person()
    assert "assignment_seat_once" in refused(lambda: copy(Assignment.objects.get(pk=mine.pk), reviewer=other))
    assert "seat_in_range" in refused(lambda: copy(Assignment.objects.get(pk=mine.pk), reviewer=other, seat=6))
    assert "no way from submitted to gone" in refused(lambda: Assignment.objects.update(state="gone"))
    assert "ended_unless_active" in refused(lambda: Assignment.objects.update(state="active", ended_at=timezone.now()))


def test_an_item_gives_no_more_seats_than_it_has(reviewed: Review) -> None:
    assert "seats_left" in refused(lambda: Item.objects.update(seats=1, seats_left=2))
    assert "seats_left" in refused(lambda: Item.objects.update(seats_left=-1))
    assert "item_seats_in_range" in refused(lambda: Item.objects.update(seats=6))
    assert "item_once" in refused(lambda: copy(Item.objects.get()))


def test_a_story_is_audited_once_whatever_queues_it_is_in(reviewed: Review) -> None:
    Item.objects.update(kind="audit")
    other = queue_of(person())
    assert "item_audited_once" in refused(lambda: copy(Item.objects.get(), queue=other))
    assert add_items(actor=SYSTEM, queue=other, stories=[reviewed.story_id], kind="audit") == 0
    copy(Item.objects.get(), queue=other, kind="normal")


def test_of_two_audits_of_a_story_from_before_the_first_stays_one(transactional_db: None) -> None:
    queue_of(person(), stories=[add_story()])
    Item.objects.update(kind="audit")
    first = Item.objects.get()
    with roles.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute("DROP INDEX item_audited_once")
        copy(Item.objects.get(), queue=queue_of(person()), seats=2, seats_left=1)
        cursor.execute(import_module("annotations.migrations.0031_audited_once").LATER)
        found = list(Item.objects.order_by("pk").values_list("kind", "seats", "seats_left"))
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert found == [("audit", first.seats, first.seats_left), ("repeat", 1, 0)]


def test_a_turn_ends_in_one_commit_and_a_key_is_used_once(reviewed: Review) -> None:
    row = Review.objects.get(pk=reviewed.pk)
    assert "one_commit" in refused(lambda: copy(row, idempotency_key=uuid4()))
    row = Review.objects.get(pk=reviewed.pk)
    revision = {"kind": "revision", "revises_id": reviewed.pk, "reason": "The end."}
    assert "idempotency_key" in refused(lambda: copy(row, **revision))
    assert "names_its_commit" in refused(lambda: copy(row, kind="revision", revises=None, idempotency_key=uuid4()))


@pytest.mark.parametrize(
    ("kind", "origin", "may"), [("extra", "here", False), ("extra", "argilla", True), ("imported", "argilla", False)]
)
def test_what_does_not_count_is_revised_only_where_it_was_written_elsewhere_for_no_seat(
    reviewed: Review, kind: str, origin: str, may: bool
) -> None:
    copy(Assignment.objects.get(pk=reviewed.assignment_id), reviewer=person(), seat=2)
    late = Assignment.objects.exclude(pk=reviewed.assignment_id).get()
    mine = {"assignment": late, "reviewer": late.reviewer, "idempotency_key": uuid4()}
    copy(Review.objects.get(pk=reviewed.pk), kind=kind, origin=origin, **mine)
    kept = Review.objects.get(kind=kind)
    changes = {"kind": "revision", "revises_id": kept.pk, "reason": "The end.", "idempotency_key": uuid4()}
    if may:
        copy(Review.objects.get(pk=kept.pk), **changes)
    else:
        assert "revises_a_standing_commit" in refused(lambda: copy(Review.objects.get(pk=kept.pk), **changes))


def test_a_draft_has_a_version_that_no_page_without_one_starts_from(reviewed: Review) -> None:
    drafts = Draft.objects.all()
    for version in (0, -1):
        said = refused(lambda version=version: drafts.create(assignment=reviewed.assignment, version=version))
        assert "version" in said
    assert drafts.create(assignment=reviewed.assignment).version == 1
    assert "draft_version_from_one" in refused(lambda: drafts.update(version=0))


@pytest.mark.parametrize("value", [0, 6, -1])
def test_a_rating_is_one_to_five(reviewed: Review, value: int) -> None:
    rating = reviewed.ratings.first()
    assert rating is not None
    unrated = reviewed.rubric.criteria.exclude(pk__in=reviewed.ratings.values("criterion")).first()
    assert unrated is not None
    assert "rating_value" in refused(lambda: copy(rating, value=value, criterion=unrated))
    for possible in (1, 5, None):
        with transaction.atomic():
            copy(rating, value=possible, criterion=unrated)
            transaction.set_rollback(True)


def test_a_passage_is_not_empty_and_belongs_to_one_thing(reviewed: Review) -> None:
    assert "span_not_empty" in refused(lambda: copy(reviewed.spans.get(), end=0))
    assert "criterion_or_flag" in refused(lambda: copy(reviewed.spans.get(), flag=None))


def test_a_story_has_one_first_decision_and_each_is_superseded_once(reviewed: Review) -> None:
    decision = Decision.objects.get()
    assert "one_first" in refused(lambda: copy(Decision.objects.get()))
    copy(Decision.objects.get(), supersedes=decision)
    assert "supersedes" in refused(lambda: copy(Decision.objects.get(pk=decision.pk), supersedes=decision))
    assert "outcome_known" in refused(lambda: copy(Decision.objects.get(pk=decision.pk), outcome="maybe"))


def test_a_queue_has_possible_numbers() -> None:
    queue_of()
    assert "overlap" in refused(lambda: Queue.objects.update(overlap=0))
    assert "lease" in refused(lambda: Queue.objects.update(lease_minutes=1))
    assert "no way from open to ajar" in refused(lambda: Queue.objects.update(state="ajar"))


def test_seats_that_disagree_with_their_item_stop_a_claim_instead_of_overfilling() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    claim(reviewer=annie, queue=queue)
    Item.objects.update(seats_left=1)
    assert "seat" in refused(lambda: claim(reviewer=ben, queue=queue))
