"""The reliability diagram as coordinates; a template draws it. No request and no query."""

from collections.abc import Sequence
from dataclasses import dataclass

SIZE, LEFT, TOP, BOTTOM = 200, 24, 8, 20
LEAST, MOST = 1.0, 5.0


@dataclass(frozen=True)
class BinMark:
    """A tenth of the stories: where its dot stands and its interval ends, in units of the drawing, and the figures."""

    x: float
    y: float
    top: float
    bottom: float
    predicted: float
    actual: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class ReliabilityChart:
    """Score against rating from 1 to 5: `ticks` are (rating, x, y), `line` and `curve` the points of polylines."""

    bins: list[BinMark]
    ticks: list[tuple[int, float, float]]
    line: str
    curve: str
    size: int = SIZE
    left: int = LEFT
    bottom: int = SIZE - BOTTOM
    top: int = TOP
    right: int = SIZE - TOP


def reliability_chart(bins: Sequence[Sequence[float]], knots: Sequence[Sequence[float]]) -> ReliabilityChart | None:
    """Place bins [score, rating, low, high, n] and the knots [score, rating] of the curve; None without bins."""
    if not bins:
        return None
    marks = []
    for predicted, actual, low, high, n in bins:
        ends = (actual if end is None else end for end in (high, low))
        top, bottom = (down(end) for end in ends)
        marks.append(BinMark(along(predicted), down(actual), top, bottom, predicted, actual, low, high, int(n)))
    return ReliabilityChart(
        bins=marks,
        ticks=[(rating, along(rating), down(rating)) for rating in range(1, 6)],
        line=points([(LEAST, LEAST), (MOST, MOST)]),
        curve=points(within(knots, bins[0][0], bins[-1][0])),
    )


def within(knots: Sequence[Sequence[float]], start: float, end: float) -> list[tuple[float, float]]:
    """The part of the curve between the lowest and the highest tenth, where stories have shown how it runs."""
    if not knots:
        return []
    inside = [(x, y) for x, y in knots if start < x < end]
    return [(start, height(knots, start)), *inside, (end, height(knots, end))]


def height(knots: Sequence[Sequence[float]], x: float) -> float:
    """The curve at `x`, straight between its knots and level beyond them."""
    before = max((knot for knot in knots if knot[0] <= x), key=lambda knot: knot[0], default=knots[0])
    after = min((knot for knot in knots if knot[0] >= x), key=lambda knot: knot[0], default=knots[-1])
    if after[0] == before[0]:
        return after[1]
    return before[1] + (after[1] - before[1]) * (x - before[0]) / (after[0] - before[0])


def along(score: float) -> float:
    """Where a score stands from the left."""
    return round(LEFT + (bounded(score) - LEAST) / (MOST - LEAST) * (SIZE - TOP - LEFT), 1)


def down(rating: float) -> float:
    """Where a rating stands from the top."""
    return round(SIZE - BOTTOM - (bounded(rating) - LEAST) / (MOST - LEAST) * (SIZE - BOTTOM - TOP), 1)


def bounded(value: float) -> float:
    """No further than the scale."""
    return min(MOST, max(LEAST, value))


def points(places: Sequence[tuple[float, float]]) -> str:
    """Points of a polyline, as SVG wants them."""
    return " ".join(f"{along(x)},{down(y)}" for x, y in places)
