"""Where values stand on the drawn scale of ratings."""

from django import template

from curation.calibration.comparing import CriterionComparison

register = template.Library()

# Rating 1 stands at LEFT, each point is POINT wide.
LEFT, POINT = 10, 25


@register.filter
def drawn(line: CriterionComparison) -> dict[str, float]:
    """Where the marks stand: the judge's value, a standard deviation below and above it, and the reviewer's own.

    What there is none of stands at 0, where nothing is drawn.
    """
    value, deviation = line.score.value, line.score.standard_deviation or 0.0
    own = place(line.own) if line.own else 0.0
    if value is None:
        return {"value": 0.0, "low": 0.0, "width": 0.0, "own": own}
    low, high = max(1.0, value - deviation), min(5.0, value + deviation)
    return {"value": place(value), "low": place(low), "width": place(high) - place(low), "own": own}


def place(rating: float) -> float:
    """Where a rating stands on the drawn scale."""
    return round(LEFT + (rating - 1) * POINT, 1)
