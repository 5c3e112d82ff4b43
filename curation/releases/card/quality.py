"""What the card says of how good the stories are, by people who rated some of them once more."""

from collections.abc import Mapping
from typing import Any

from curation.releases.card import words

NOT_MEASURED = """\
**Not measured**: no stories of this dataset were drawn at random and rated once more. The ratings in it are those that
chose the stories, and flatter them.
"""


def quality(frozen: Mapping[str, Any]) -> str:
    """Return the estimate from re-ratings of an earlier version; nothing for a version that could not know of any."""
    if "quality" not in frozen:
        return ""
    found, parts = frozen["quality"], ["## How good the accepted stories are\n"]
    if found is None:
        return "\n".join([*parts, NOT_MEASURED])
    share = found["accepted"]
    parts.append(
        f"Of {found['version']}, {found['drawn']} of {found['of']} accepted stories were drawn at random, to be rated "
        "once more by people who had neither rated them nor seen their ratings. These re-ratings decide nothing "
        f"and are not in `ratings`. {found['rated']} stories have all of them: on these alone the policy would accept "
        f"**{share['value']:.0%}** (95% interval {share['low']:.0%} to {share['high']:.0%}). This version itself: not "
        "measured.\n"
    )
    rows: list[list[object]] = [
        [key, f"{one['value']:+.2f}", f"{one['low']:+.2f} to {one['high']:+.2f}", one["stories"]]
        for key, one in found["differences"].items()
        if one["value"] is not None
    ]
    if rows:
        parts.append("Re-rating less the mean that the decision rests on, in rating points:\n")
        parts.append(words.table(["criterion", "difference", "95% interval", "stories"], rows))
    return "\n".join(parts)


def judge_line(judge: Mapping[str, Any]) -> str:
    """Return a judge, with how it does against people and what it says of the pool."""
    said = (
        f"- {words.plain(judge['judge'])} version {judge['version']} ({judge['calibration_status']}, "
        f"fitted on {judge['labels']} rated stories)"
    )
    if "criteria_compared" not in judge:
        return said
    compared, pool = judge["criteria_compared"], judge["pool"]
    said += (
        f"; orders stories as reviewers do on {judge['criteria_ordered']} of {compared} criteria"
        if compared
        else "; not measured against reviewers"
    )
    if pool is None:
        return f"{said}; quality of the pool not measured"
    return (
        f"{said}; of the pool the policy would accept {pool['value']:.0%} (95% interval {pool['low']:.0%} to "
        f"{pool['high']:.0%}, {pool['stories']} audited stories)"
    )
