"""Quality tiers and weights, by the policy's `tiers`."""

from collections.abc import Mapping
from typing import Any

from curation.releases.selecting import BRONZE

DEFAULT: dict[str, Any] = {"gold": {"every": 4, "weight": 2.0}, "silver": {"weight": 1.0}}
LOWEST = "silver"
BRONZE_WEIGHT = 0.5
# Every applicable criterion reaches the least, and there is one.
REACHED = "{values} @? %s::jsonpath AND NOT {values} @? %s::jsonpath"


def ranked(tiers: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Return the tiers of accepted stories with the mean that they ask for, the best first; `tiers` is a policy's."""
    found = [(name, rule.get("every")) for name, rule in (tiers or DEFAULT).items() if name != BRONZE]
    return sorted(found, key=lambda part: -(part[1] or 0))


def names(tiers: Mapping[str, Any]) -> list[str]:
    """Return all tiers that a story may get, the best first; bronze is the last."""
    return list(dict.fromkeys([*(name for name, _least in ranked(tiers)), LOWEST, BRONZE]))


def weight_of(tiers: Mapping[str, Any], name: str) -> float:
    """Return the weight of a tier. Of `LOWEST` and bronze it is 1.0 and 0.5 where the policy does not say."""
    rule = (tiers or DEFAULT).get(name)
    return float(rule.get("weight", 1.0)) if rule else BRONZE_WEIGHT if name == BRONZE else 1.0


def tier_sql(tiers: Mapping[str, Any], *, values: str, soft: str, rewrite: str) -> tuple[str, list[str]]:
    """Return SQL of the best tier that a story reaches, with its parameters.

    `values`, `soft` and `rewrite` are SQL: what a decision says per criterion as jsonb, null where one does not apply;
    whether a soft flag stands; whether the story was sent to rewrite. A tier with `every` asks for that mean in every
    applicable criterion and for no soft flag; one without takes all. With none left over it is `silver`.
    """
    cases, parameters = [f"WHEN {rewrite} THEN '{BRONZE}'"], []
    for name, least in ranked(tiers):
        if least is None:
            cases.append("WHEN true THEN %s")
            parameters.append(name)
            break
        cases.append(f"WHEN NOT {soft} AND {REACHED.format(values=values)} THEN %s")
        parameters += [f"$.* ? (@ >= {float(least)!r})", f"$.* ? (@ < {float(least)!r})", name]
    return f"CASE {' '.join(cases)} ELSE '{LOWEST}' END", parameters
