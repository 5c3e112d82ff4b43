"""Who may see what, as whole truth tables."""

from itertools import product

from annotations.models.queue import ItemKind
from annotations.visibility import may_compare, may_see_others_reviews, may_settle

BOTH = (False, True)


def test_comparing_takes_an_own_committed_review_of_a_normal_item_in_a_queue_that_reveals() -> None:
    allowed = [
        (own, committed, reveal, kind)
        for own, committed, reveal, kind in product(BOTH, BOTH, BOTH, ItemKind.values)
        if may_compare(own=own, committed=committed, reveal=reveal, kind=kind)
    ]
    assert allowed == [(True, True, True, "normal")]


def test_others_reviews_stay_hidden_from_whoever_could_still_be_told() -> None:
    table = {
        (curator, committed, decided): may_see_others_reviews(
            curator=curator, committed=committed, decided=decided, reviewing=False
        )
        for curator, committed, decided in product(BOTH, BOTH, BOTH)
    }
    assert table == {
        (False, False, False): False,
        (False, False, True): False,
        (False, True, False): False,
        (False, True, True): True,
        (True, False, False): True,
        (True, False, True): True,
        (True, True, False): True,
        (True, True, True): True,
    }
    for curator, committed, decided in product(BOTH, BOTH, BOTH):
        assert not may_see_others_reviews(curator=curator, committed=committed, decided=decided, reviewing=True)


def test_only_a_curator_who_can_still_be_blind_settles() -> None:
    assert [may_settle(curator=c, recused=r) for c, r in product(BOTH, BOTH)] == [False, False, True, False]
