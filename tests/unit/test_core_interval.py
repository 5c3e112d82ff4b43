"""Coefficients are drawn where they are, with their bounds or without."""

import pytest

from curation.core.templatetags.exempla import interval


@pytest.mark.parametrize(
    ("value", "low", "high", "drawn"),
    [
        (0.0, -0.5, 0.5, {"at": 60, "start": 35, "width": 50}),
        (0.5, 0.0, 1.0, {"at": 85, "start": 60, "width": 50}),
        (0.5, None, None, {"at": 85, "start": 85, "width": 0}),
        (-1.4, -2.0, 2.0, {"at": 10, "start": 10, "width": 100}),
    ],
)
def test_an_interval_lies_on_its_scale(value: float, low: float, high: float, drawn: dict[str, float]) -> None:
    assert interval(value, low, high) == drawn
