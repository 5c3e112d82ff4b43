"""Which reviews count for what: the whole table."""

from itertools import product

import pytest

from annotations.counting import Use, counts
from annotations.models.queue import ItemKind
from annotations.models.review import ReviewKind

# A commit that stands, by the kind of item it was written in.
TABLE = {
    "normal": {Use.DECISION, Use.AGREEMENT, Use.LABELS, Use.RELEASE},
    "audit": {Use.LABELS, Use.RELEASE},
    "gold": set(),
    "repeat": set(),
}


def test_the_table_names_every_kind_of_item() -> None:
    assert set(TABLE) == set(ItemKind.values)


@pytest.mark.parametrize(("item", "use"), list(product(ItemKind.values, Use)))
def test_a_commit_that_stands_counts_as_the_table_says(item: str, use: Use) -> None:
    assert counts(review_kind="commit", withdrawn=False, item_kind=item, use=use) is (use in TABLE[item])


@pytest.mark.parametrize(("kind", "item", "use"), list(product(ReviewKind.values, ItemKind.values, Use)))
def test_nothing_else_counts_for_anything(kind: str, item: str, use: Use) -> None:
    if kind != "commit":
        assert not counts(review_kind=kind, withdrawn=False, item_kind=item, use=use)
    assert not counts(review_kind=kind, withdrawn=True, item_kind=item, use=use)
