"""Several samples of a judge together: their mean, and how far they are apart."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.scoring.schema import over_samples


@pytest.mark.parametrize(
    ("values", "mean", "spread"),
    [
        ([4], 4.0, None),
        ([3, 4, 5], 4.0, 1.0),
        ([2, 4], 3.0, sqrt(2)),
        ([5, 5, 5], 5.0, 0.0),
        ([None, 4, 4], 4.0, 0.0),
        ([None, 4], 4.0, None),
        ([None, None, 4], None, None),
        ([2, None, None], None, None),
        ([None], None, None),
        ([], None, None),
    ],
)
def test_mean_and_spread(values: list[float | None], mean: float | None, spread: float | None) -> None:
    assert over_samples(values) == (mean, pytest.approx(spread))


@given(st.lists(st.integers(1, 5) | st.none(), min_size=1, max_size=9))
def test_the_mean_lies_between_the_samples_and_their_order_does_not_matter(values: list[int | None]) -> None:
    said = [value for value in values if value is not None]
    mean, spread = over_samples(values)
    assert (mean is None) == (2 * len(said) < len(values))
    if mean is not None:
        assert min(said) <= mean <= max(said)
        assert over_samples(values[::-1]) == (pytest.approx(mean), pytest.approx(spread))
        assert (spread is None) == (len(said) == 1)
