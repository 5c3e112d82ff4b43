"""Figures over the ratings of a release, gathered a slice of stories at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from annotations.queries.packed_ratings import NOT_APPLICABLE

# Below this many stories with two ratings, the deviation of ratings from a story's mean is taken as one rating point.
LEAST_STORIES = 20
LEAST_SD = 0.3
HIGHEST = 5


class RatingFigures:
    """Sums over ratings by the criteria `keys`; none is kept by story."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)
        width = len(self.keys)
        # Of the stories to which the criterion applies: ratings, their sum, stories with two of them or more, what
        # these have beyond the first, and the sum of squares around their story's mean.
        self.n, self.total = np.zeros(width, np.int64), np.zeros(width, np.int64)
        self.stories, self.freedom = np.zeros(width, np.int64), np.zeros(width, np.int64)
        self.squares = np.zeros(width)
        self.given = np.zeros((width, NOT_APPLICABLE + 1), np.int64)

    def add(self, story: npt.NDArray[Any], ratings: npt.NDArray[np.int8], applying: npt.NDArray[np.bool_]) -> None:
        """Count the reviews of some stories, all of each.

        `story` has shape (reviews,) and says which row of `applying`, shape (stories, criteria), is that of the story;
        `ratings`, shape (reviews, criteria), are as `packed_ratings.unpack` gives them.
        """
        rated = (ratings >= 1) & (ratings <= HIGHEST)
        values = np.where(rated, ratings, 0).astype(np.int64)
        for place in range(len(self.keys)):
            self.given[place] += np.bincount(ratings[:, place], minlength=NOT_APPLICABLE + 1)
            column = values[:, place]
            # Sums of whole numbers, far below where a float would round.
            n = np.bincount(story, rated[:, place], minlength=len(applying))
            total = np.bincount(story, column, minlength=len(applying))
            squares = np.bincount(story, column * column, minlength=len(applying))
            here = applying[:, place] & (n > 0)
            shared = here & (n > 1)
            self.n[place] += int(n[here].sum())
            self.total[place] += int(total[here].sum())
            self.stories[place] += int(shared.sum())
            self.freedom[place] += int((n[shared] - 1).sum())
            self.squares[place] += float((squares[shared] - total[shared] ** 2 / n[shared]).sum())

    def pool(self) -> dict[str, dict[str, float]]:
        """Return the mean rating of each criterion, and the standard deviation of ratings around their story's mean.

        Over the stories to which the criterion applies, as the decision found. The sd is sqrt(sum of squares within
        stories / degrees of freedom), at least 0.3, and 1.0 with fewer than 20 stories that have two ratings.
        """
        found = {}
        for place, key in enumerate(self.keys):
            if not self.n[place]:
                continue
            enough = self.stories[place] >= LEAST_STORIES
            sd = max(LEAST_SD, float(self.squares[place] / self.freedom[place]) ** 0.5) if enough else 1.0
            found[key] = {"mean": round(float(self.total[place] / self.n[place]), 6), "sd": round(sd, 6)}
        return found

    def counts(self) -> dict[str, list[int]]:
        """Return six counts per criterion that anybody rated: N/A, then the ratings 1 to 5."""
        six = self.given[:, [NOT_APPLICABLE, 1, 2, 3, 4, 5]].tolist()
        return {key: counts for key, counts in zip(self.keys, six, strict=True) if any(counts)}
