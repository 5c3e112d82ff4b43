"""What the means of a release's stories are drawn towards, and since which version.

The figures of the pool are an estimate, and a story more or less changes them by less than they are uncertain. But with
them the last digit of every mean would change, and so the bytes of every file of stories. So a PATCH keeps those of the
version that it corrects: its rows are what they were, but for the stories that went or were corrected.
"""

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Mapping[str, float]]


def prior_for(version: str, measured: Figures, corrects: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the prior of `version` as JSON: `version`, that it was measured on, and `figures` by criterion.

    `figures` are as `RatingFigures.pool` gives them. `corrects` is what was frozen of the version that a PATCH
    corrects, whose prior is kept; a criterion that it has no figures of has those that are `measured` now.
    """
    if corrects is None:
        return {"version": version, "figures": dict(measured)}
    kept = prior_of(corrects)
    return {"version": kept["version"], "figures": {**measured, **kept["figures"]}}


def prior_of(frozen: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the prior that was frozen with a version; one of before PATCHes kept it has its own pool's."""
    found: Mapping[str, Any] = frozen.get("prior") or {"version": frozen["version"], "figures": frozen["pool"]}
    return found
