"""Charts as coordinates; templates draw them. No request and no query."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Review

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 180, 44, 24, 10
LEAST_TOP, STEP = 500, 100


@dataclass(frozen=True)
class Dot:
    """One review. `x`, `y` in units of the drawing, `pace` in words per minute."""

    x: float
    y: float
    pace: int
    review: Review


@dataclass(frozen=True)
class Line:
    """A horizontal line of the grid at `pace` words per minute."""

    y: float
    pace: int


@dataclass(frozen=True)
class Pace:
    """Reading speed over the newest reviews, oldest first. `median` is in words per minute."""

    dots: list[Dot]
    lines: list[Line]
    median: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def pace_chart(readings: Sequence[tuple[Review, int]]) -> Pace | None:
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
    lines = [Line(_height(speed, top), speed) for speed in range(0, top + 1, every)]
    return Pace(dots, lines, speeds[len(speeds) // 2])


def _height(speed: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(speed, top) / top, 1)
