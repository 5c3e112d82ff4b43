"""Quality tiers and weights, by the policy's `tiers`."""

from collections.abc import Mapping
from typing import Any

DEFAULT: dict[str, Any] = {"gold": {"every": 4, "weight": 2.0}, "silver": {"weight": 1.0}}


def tier_of(tiers: Mapping[str, Any], values: Mapping[str, float | None], *, soft_flags: int) -> tuple[str, float]:
    """Return the best tier that an accepted story reaches, and that tier's weight.

    `values` maps a criterion to its mean, or to None where it does not apply. A tier with `every` asks for that mean in
    every applicable criterion and for no soft flag; one without takes all. With none left over it is `silver`, 1.0.
    """
    applicable = [value for value in values.values() if value is not None]
    ranked = sorted((tiers or DEFAULT).items(), key=lambda part: -(part[1].get("every") or 0))
    for name, rule in ranked:
        least = rule.get("every")
        if least is None or (applicable and min(applicable) >= least and not soft_flags):
            return name, float(rule.get("weight", 1.0))
    return "silver", 1.0
