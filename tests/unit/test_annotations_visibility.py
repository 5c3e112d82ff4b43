"""Who may see what, as whole truth tables."""

from itertools import pairwise, product

from annotations.models.queue import ItemKind
from annotations.visibility import (
    ReviewsStay,
    drawn_to_compare,
    may_adjudicate,
    may_compare,
    may_see_others_reviews,
    may_see_outcome,
    why_not_withdraw,
)

BOTH = (False, True)


def test_comparing_takes_an_own_committed_review_of_a_normal_item_in_a_queue_that_reveals() -> None:
    allowed = [
        (own, committed, reveal, drawn, kind)
        for own, committed, reveal, drawn, kind in product(BOTH, BOTH, BOTH, BOTH, ItemKind.values)
        if may_compare(own=own, committed=committed, reveal=reveal, drawn=drawn, kind=kind)
    ]
    assert allowed == [(True, True, True, True, "normal")]


def test_the_comparison_is_drawn_by_chance_and_always_the_same() -> None:
    drawn = [drawn_to_compare(assignment=pk, share=30) for pk in range(4_000)]
    assert drawn == [drawn_to_compare(assignment=pk, share=30) for pk in range(4_000)]
    assert 0.27 < sum(drawn) / len(drawn) < 0.33
    # Neighbours are drawn apart from each other, and a larger share shows it to whom a smaller one did.
    assert 0.06 < sum(a and b for a, b in pairwise(drawn)) / len(drawn) < 0.12
    assert all(drawn_to_compare(assignment=pk, share=60) for pk in range(4_000) if drawn[pk])
    assert all(drawn_to_compare(assignment=pk, share=100) for pk in range(500))
    assert not any(drawn_to_compare(assignment=pk, share=0) for pk in range(500))


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


def test_only_a_curator_who_can_still_be_blind_adjudicates() -> None:
    assert [may_adjudicate(curator=c, saw_scores=r) for c, r in product(BOTH, BOTH)] == [False, False, True, False]


def test_a_review_is_taken_back_only_while_nothing_came_of_it_and_nothing_was_told() -> None:
    allowed = [
        (decided, recent)
        for live, revealed, stay, decided, recent in product(BOTH, BOTH, (None, *ReviewsStay), BOTH, BOTH)
        if not why_not_withdraw(live=live, revealed=revealed, stay=stay, decided=decided, recent=recent)
        and (live, revealed, stay) == (True, False, None)
    ]
    assert allowed == [(False, False), (False, True), (True, True)]
    for live, revealed, stay in product(BOTH, BOTH, (None, *ReviewsStay)):
        if (live, revealed, stay) != (True, False, None):
            assert why_not_withdraw(live=live, revealed=revealed, stay=stay, decided=False, recent=True)


def test_what_keeps_a_review_is_named_the_first_that_holds() -> None:
    def why(**said: bool | ReviewsStay | None) -> str:
        free: dict[str, bool | ReviewsStay | None] = {
            "live": True, "revealed": False, "stay": None, "decided": False, "recent": True,
        }  # fmt: skip
        return why_not_withdraw(**{**free, **said})  # type: ignore[arg-type]

    assert why() == ""
    assert why(live=False, revealed=True, stay=ReviewsStay.SAFETY, decided=True, recent=False) == "withdrawn"
    assert why(revealed=True, stay=ReviewsStay.SAFETY, decided=True, recent=False) == "revealed"
    assert [why(stay=reason, decided=True, recent=False) for reason in ReviewsStay] == list(ReviewsStay)
    assert why(decided=True, recent=False) == "late"


def test_an_outcome_is_never_told_to_whoever_could_still_review_the_story() -> None:
    told = [
        (decided, withdrawable, live, kind)
        for decided, withdrawable, live, kind in product(BOTH, BOTH, BOTH, ItemKind.values)
        if may_see_outcome(decided=decided, withdrawable=withdrawable, live=live, kind=kind)
    ]
    assert told == [(True, False, True, "normal")]
