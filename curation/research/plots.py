"""Where the figures of an outcome lie on their line."""

from dataclasses import dataclass

from curation.research.models import TrainingOutcome

WIDTH, EDGE = 240.0, 12.0
BETTER, WORSE, UNCLEAR = "better", "worse", "unclear"


@dataclass(frozen=True)
class Plot:
    """Places along a line of `WIDTH` units. `effect` says whether the interval lies clear of the baseline, and on which
    side; without an interval it is unclear."""

    baseline: float
    result: float
    start: float
    length: float
    effect: str


def plotted(outcome: TrainingOutcome) -> Plot:
    """Return where baseline, result and interval lie; equal figures lie in the middle."""
    low = outcome.result if outcome.low is None else outcome.low
    high = outcome.result if outcome.high is None else outcome.high
    least, most = min(outcome.baseline, low), max(outcome.baseline, high)
    span = most - least

    def place(value: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * ((value - least) / span if span else 0.5), 1)

    effect = UNCLEAR
    if outcome.low is not None and not low <= outcome.baseline <= high:
        effect = BETTER if (outcome.baseline < low) == outcome.higher_is_better else WORSE
    return Plot(place(outcome.baseline), place(outcome.result), place(low), round(place(high) - place(low), 1), effect)
