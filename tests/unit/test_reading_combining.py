"""Several samples together: their mean, how far they are apart, and how many said so."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.spans import make_span
from curation.scoring.reading import Behaviour, CriterionReading, FlagReading, Reading, combined
from curation.scoring.reading.combining import over_samples

TEXT = "It asked first, and it held the gates."


def said(*values: int | None) -> list[CriterionReading]:
    return [
        CriterionReading("B1", value, f"because {place}", (make_span(TEXT, place, place + 5),))
        for place, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "mean", "spread", "why"),
    [
        ((4,), 4.0, None, "because 0"),
        ((3, 4, 5), 4.0, 1.0, "because 1"),
        ((2, 4), 3.0, sqrt(2), "because 0"),
        ((5, 5, 5), 5.0, 0.0, "because 0"),
        ((None, 4, 4), 4.0, 0.0, "because 1"),
        ((None, 4), 4.0, None, "because 1"),
        ((None, None, 4), None, None, "because 0"),
        ((2, None, None), None, None, "because 1"),
        ((None,), None, None, "because 0"),
    ],
)
def test_mean_and_spread(values: tuple[int | None, ...], mean: float | None, spread: float | None, why: str) -> None:
    one = over_samples(said(*values))
    assert (one.value, one.spread) == (mean, pytest.approx(spread))
    assert (one.values, one.rationale) == (values, why)
    assert one.quotes == (make_span(TEXT, int(why[-1]), int(why[-1]) + 5),)


@given(st.lists(st.integers(1, 5) | st.none(), min_size=1, max_size=9))
def test_the_mean_lies_between_the_samples_and_their_order_does_not_matter(values: list[int | None]) -> None:
    given = [value for value in values if value is not None]
    one, turned = over_samples(said(*values)), over_samples(said(*values[::-1]))
    assert (one.value is None) == (2 * len(given) < len(values) or not given)
    if one.value is not None:
        assert min(given) <= one.value <= max(given)
        assert one.value == pytest.approx(turned.value)
        assert (one.spread is None) == (len(given) == 1)


def test_of_the_rest_it_is_counted_how_many_said_so() -> None:
    passage = make_span(TEXT, 0, 8)
    shown = Behaviour(passage, "aligned", "benevolent", "neutral")
    readings = [
        Reading(
            {"B1": said(4)[0]}, ("equanimity",), (FlagReading("backfire", "", (passage,)),), (shown,), honeypot=True
        ),
        Reading({"B1": said(5)[0]}, ("boundaries", "equanimity"), (), (shown,)),
        Reading({"B1": said(None)[0]}, no_ai_character=True),
    ]
    together = combined(readings)
    assert (together.n, together.honeypot, together.no_ai_character) == (3, 1, 1)
    assert together.themes == {"equanimity": 2, "boundaries": 1}
    assert together.flags == {"backfire": 1}
    assert together.behaviours == (shown,)
    assert together.criteria["B1"].value == 4.5
    with pytest.raises(ValueError, match="no reading"):
        combined([])
