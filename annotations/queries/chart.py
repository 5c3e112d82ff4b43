"""Charts as coordinates; templates draw them. No request and no query."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Review

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 180, 44, 24, 10
LEAST_TOP, STEP = 500, 100
RATING_WIDTH, RATING_NA, RATING_STEP, DOT = 220, 14, 38, 20


@dataclass(frozen=True)
class Dot:
    """One review. `x`, `y` in units of the drawing, `pace` in words per minute."""

    x: float
    y: float
    pace: int
    review: Review


@dataclass(frozen=True)
class ChartLine:
    """A horizontal line of the grid at `pace` words per minute."""

    y: float
    pace: int


@dataclass(frozen=True)
class ReadingSpeed:
    """Reading speed over the newest reviews, oldest first. `median` is in words per minute."""

    dots: list[Dot]
    lines: list[ChartLine]
    median: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def pace_chart(readings: Sequence[tuple[Review, int]]) -> ReadingSpeed | None:
    """Place readings (review, words per minute) in the drawing; None when there are none."""
    if not readings:
        return None
    speeds = sorted(speed for _, speed in readings)
    top = max(LEAST_TOP, -(-min(speeds[-1], 2000) // STEP) * STEP)
    step = (WIDTH - LEFT - 12) / max(1, len(readings) - 1)
    dots = [
        Dot(round(LEFT + 6 + place * step, 1), _height(speed, top), speed, review)
        for place, (review, speed) in enumerate(readings)
    ]
    every = STEP if top <= 6 * STEP else 2 * STEP if top <= 12 * STEP else 5 * STEP
    lines = [ChartLine(_height(speed, top), speed) for speed in range(0, top + 1, every)]
    return ReadingSpeed(dots, lines, speeds[len(speeds) // 2])


def _height(speed: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(speed, top) / top, 1)


@dataclass(frozen=True)
class AnswerMark:
    """One reader's answer to one criterion, in units of the drawing. `reader` counts from 1."""

    x: int
    y: int
    reader: int


@dataclass(frozen=True)
class RatingChart:
    """The ratings of one criterion on a line from 1 to 5, with a place for N/A before it."""

    places: list[AnswerMark]
    steps: list[tuple[int, int]]
    low: int
    high: int
    middle: int
    height: int
    width: int = RATING_WIDTH
    na: int = RATING_NA


def rating_chart(answers: Sequence[tuple[int, int | None]]) -> RatingChart:
    """Place answers (reader, rating from 1 to 5 or None for N/A); those at one value lie beneath each other."""
    stacked: dict[int | None, int] = {}
    levels = []
    for _reader, value in answers:
        levels.append(stacked.get(value, 0))
        stacked[value] = levels[-1] + 1
    places = [
        AnswerMark(_along(value), DOT // 2 + 1 + level * DOT, reader)
        for (reader, value), level in zip(answers, levels, strict=True)
    ]
    rated = [_along(value) for _reader, value in answers if value is not None]
    height = max(stacked.values(), default=1) * DOT + 2
    steps = [(value, _along(value)) for value in range(1, 6)]
    return RatingChart(places, steps, min(rated, default=0), max(rated, default=0), DOT // 2 + 1, height)


def _along(value: int | None) -> int:
    return RATING_NA if value is None else RATING_NA + RATING_STEP * value
