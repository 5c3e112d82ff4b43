"""What the card says of the means of stories: how they are drawn towards the pool's, and with which figures."""

from collections.abc import Mapping
from typing import Any

from curation.releases.card import words
from curation.releases.prior import prior_of

POSTERIOR = """\
`X_mean` is drawn towards the mean of a pool of stories, as if every story had one more rating at that mean: mean = (sum
+ pool mean) / (n + 1). `X_sd` says how uncertain it is: the standard deviation of its posterior under a
normal-inverse-χ² prior, sd² = (2 · pool sd² + sum of squares around the story's own mean + n / (n + 1) · (own mean -
pool mean)²) / ((n + 2) · (n + 1)), where the pool sd is that of ratings of one story around their mean (1.0 with fewer
than 20 stories rated twice). The individual ratings are in `ratings`.
"""


def means(frozen: Mapping[str, Any]) -> str:
    """Return the formulas and the figures of the pool."""
    prior = prior_of(frozen)
    rows: list[list[object]] = [[key, one["mean"], one["sd"]] for key, one in prior["figures"].items()]
    if not rows:
        return POSTERIOR
    kept = f"{prior['version']}; a PATCH keeps them, so that stories which did not change keep their figures."
    measured = "this version." if prior["version"] == frozen["version"] else kept
    return f"{POSTERIOR}\nThe figures of the pool are those of {measured}\n\n" + words.table(
        ["criterion", "pool mean", "pool sd"], rows
    )
