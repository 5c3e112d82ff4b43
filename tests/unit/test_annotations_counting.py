"""Which reviews count for what: the whole table."""

from itertools import product
from uuid import uuid4

import pytest

from annotations.actions import withdraw
from annotations.counting import Use, counts
from annotations.models import Item, Review
from annotations.models.queue import ItemKind
from annotations.models.review import ReviewKind
from tests.builders import add_story, person, queue_of, review_by

# A review that was given blind and stands, by the kind of item it was written in.
TABLE = {
    "normal": {Use.DECISION, Use.AGREEMENT, Use.LABELS, Use.RELEASE},
    "audit": {Use.LABELS, Use.RELEASE},
    "gold": set(),
    "repeat": set(),
    "rerating": {Use.QUALITY},
    "imported": {Use.AGREEMENT, Use.LABELS},
}


def test_the_table_names_every_kind_of_item() -> None:
    assert set(TABLE) == set(ItemKind.values)


@pytest.mark.parametrize(("item", "use"), list(product(ItemKind.values, Use)))
def test_a_commit_that_stands_counts_as_the_table_says(item: str, use: Use) -> None:
    assert counts(review_kind="commit", withdrawn=False, blind=True, item_kind=item, use=use) is (use in TABLE[item])
    assert counts(review_kind="imported", withdrawn=False, blind=True, item_kind=item, use=use) is (use in TABLE[item])


@pytest.mark.parametrize(("kind", "item", "use"), list(product(ReviewKind.values, ItemKind.values, Use)))
def test_nothing_else_counts_for_anything(kind: str, item: str, use: Use) -> None:
    if kind not in {"commit", "imported"}:
        assert not counts(review_kind=kind, withdrawn=False, blind=True, item_kind=item, use=use)
    assert not counts(review_kind=kind, withdrawn=True, blind=True, item_kind=item, use=use)
    assert not counts(review_kind=kind, withdrawn=False, blind=False, item_kind=item, use=use)


@pytest.mark.django_db
def test_the_rows_that_count_are_those_that_the_table_names() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story() for _ in range(2 * len(ItemKind.values))])
    commits = [review_by(annie, queue) for _ in range(2 * len(ItemKind.values))]
    for kept, taken_back in zip(commits[::2], commits[1::2], strict=True):
        same = {
            "assignment": kept.assignment,
            "story": kept.story,
            "reviewer": annie,
            "rubric": kept.rubric,
        }
        Review.objects.create(**same, kind="revision", revises=kept, reason="Later.", idempotency_key=uuid4())
        Review.objects.create(**same, kind="extra", idempotency_key=uuid4())
        Review.objects.create(**same, kind="imported", origin="argilla", idempotency_key=uuid4())
        same |= {"assignment": taken_back.assignment, "story": taken_back.story}
        Review.objects.create(**same, kind="imported", origin="argilla", blind=False, idempotency_key=uuid4())
        withdraw(reviewer=annie, review=taken_back)
    for place, review in enumerate(commits):
        Item.objects.filter(assignments__reviews=review).update(kind=ItemKind.values[place // 2])
    for use in Use:
        expected = {
            review.pk
            for review in Review.objects.select_related("assignment__item", "withdrawal")
            if counts(
                review_kind=review.kind,
                withdrawn=hasattr(review, "withdrawal"),
                blind=review.blind,
                item_kind=review.assignment.item.kind,
                use=use,
            )
        }
        assert set(Review.objects.counting(use).values_list("pk", flat=True)) == expected
        assert len(expected) == 2 * sum(use in uses for uses in TABLE.values())
