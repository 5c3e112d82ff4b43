"""Reviews from another tool: stored once, without a seat, and counted for nothing that they must not count for."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from annotations.actions import claim, create_queue
from annotations.actions.importing import Became, NewReview, import_reviews
from annotations.counting import Use
from annotations.models import Assignment, Item, Queue, Review
from annotations.models.review import Origin
from annotations.schema import SpanMark, Submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import NotAllowed
from curation.standards.queries import current_policy
from curation.stories.models import Story
from tests.builders import add_story, default_rubric, person, queue_of, review_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue() -> Queue:
    return queue_of(person(), stories=[])


def said_of(story: Story, who: User, *, blind: bool = False, **said: Any) -> NewReview:
    submission = Submission(**{"ratings": {"B1": 4}, **said})
    return NewReview(story=story.pk, reviewer=who.pk, text=story.text, submission=submission, blind=blind)


def stored(queue: Queue, *reviews: NewReview) -> list[Became]:
    return import_reviews(actor=SYSTEM, queue=queue, origin=Origin.ARGILLA, reviews=reviews)


def test_a_review_is_kept_with_all_that_is_in_it(queue: Queue) -> None:
    story, annie = add_story("The tug waited. Then it asked."), person()
    mark = SpanMark(criterion="B1", flag="", start=4, end=7, quote="tug")
    flag = queue.rubric.flags.first()
    assert flag is not None
    said = said_of(story, annie, ratings={"B1": 4, "A1": None}, spans=(mark,), comment="Good.", flags=(flag.key,))
    assert stored(queue, said) == [Became.STORED]
    review = Review.objects.get(story=story)
    assert (review.kind, review.origin, review.blind, review.comment) == ("imported", "argilla", False, "Good.")
    assert dict(review.ratings.values_list("criterion__key", "value")) == {"B1": 4, "A1": None}
    assert [(span.start, span.end, span.quote, span.suffix) for span in review.spans.all()] == [
        (4, 7, "tug", " waited. Then it asked.")
    ]
    assert [raised.flag_id for raised in review.flags.all()] == [flag.pk]


def test_what_the_reviews_were_given_under_changes_no_more() -> None:
    rubric = default_rubric()
    queue = create_queue(actor=SYSTEM, name="Before", slug="before", rubric=rubric, policy=current_policy(rubric))
    standards = (queue.rubric, queue.policy)
    assert [one.frozen_at for one in standards] == [None, None]
    stored(queue, said_of(add_story(), person()))
    for one in standards:
        one.refresh_from_db()
        assert one.frozen_at is not None


def test_what_is_not_known_to_be_blind_counts_for_nothing_and_what_is_decides_nothing(queue: Queue) -> None:
    story, annie, ben = add_story(), person(), person()
    stored(queue, said_of(story, annie), said_of(story, ben, blind=True))
    for use in Use:
        counting = set(Review.objects.counting(use).values_list("reviewer", flat=True))
        assert counting == ({ben.pk} if use in {Use.AGREEMENT, Use.LABELS} else set()), use


def test_the_same_again_is_stored_once_and_something_else_is_said_and_not_stored(queue: Queue) -> None:
    story, annie = add_story(), person()
    assert stored(queue, said_of(story, annie)) == [Became.STORED]
    assert stored(queue, said_of(story, annie)) == [Became.SAME]
    mark = SpanMark(criterion="B1", flag="", start=4, end=7, quote=story.text[4:7])
    flag, theme = queue.rubric.flags.all()[0].key, queue.rubric.themes.all()[0].key
    others: list[dict[str, Any]] = [
        {"ratings": {"B1": 2}}, {"comment": "Good."}, {"spans": (mark,)}, {"flags": (flag,)}, {"themes": (theme,)},
        {"out_of_scope": True},
    ]  # fmt: skip
    for other in others:
        assert stored(queue, said_of(story, annie, **other)) == [Became.OTHER], other
    assert Review.objects.get().ratings.get().value == 4


def test_more_people_than_a_queue_has_seats_are_all_kept_and_the_story_is_offered_to_nobody(queue: Queue) -> None:
    story, people = add_story(), [person() for _ in range(7)]
    assert set(stored(queue, *(said_of(story, one) for one in people))) == {Became.STORED}
    item = Item.objects.get(story=story)
    assert (item.kind, item.seats, item.seats_left) == ("imported", 0, 0)
    assert not Assignment.objects.exclude(state="closed").exists()


def test_who_has_reviewed_the_story_here_does_not_count_twice() -> None:
    annie = person()
    story = add_story()
    queue = queue_of(annie, stories=[story])
    review_by(annie, queue)
    assert stored(queue, said_of(story, annie)) == [Became.HERE]
    assert Review.objects.get().kind == "commit"


def test_who_has_an_imported_review_is_not_given_the_story_under_that_rubric() -> None:
    annie = person()
    story = add_story()
    queue = queue_of(annie, stories=[story])
    stored(queue, said_of(story, annie))
    assert claim(reviewer=annie, queue=queue) is None


def test_only_who_runs_queues_imports_reviews(queue: Queue) -> None:
    with pytest.raises(NotAllowed):
        import_reviews(actor=person(Role.ANNOTATOR), queue=queue, origin=Origin.ARGILLA, reviews=[])


@pytest.mark.parametrize("wrong", [{"origin": "here"}, {"origin": "here", "kind": "commit"}, {"origin": "elsewhere"}])
def test_the_database_refuses_what_is_not_blind_from_here(queue: Queue, wrong: dict[str, str]) -> None:
    story, annie = add_story(), person()
    stored(queue, said_of(story, annie))
    review = Review.objects.get()
    fields = {"kind": "imported", "blind": False, "origin": "argilla", **wrong}
    assignment = Assignment.objects.create(
        item_id=review.assignment.item_id,
        story=story,
        reviewer=person(),
        rubric=queue.rubric,
        seat=1,
        state="closed",
        lease_until=review.submitted_at,
        ended_at=review.submitted_at,
    )
    same = {"assignment": assignment, "story": story, "reviewer": assignment.reviewer, "rubric": queue.rubric}
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(**same, **fields, idempotency_key="6a1c5ef4-4c0e-4f3c-8b50-2f53a8d55d55")
