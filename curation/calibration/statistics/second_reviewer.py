"""Is the judge no worse than a second reviewer? The alternative annotator test.

Calderon, Reichart & Dror, The Alternative Annotator Test for LLM-as-a-Judge: How to Statistically Justify Replacing
Human Annotators with LLMs, ACL 2025, 16051-16081 (arXiv 2501.10970), sections 3.2 to 3.4.

Each reviewer is left out in turn: is it the judge or they who come nearer to what the others said? The judge wins
against a reviewer if it is shown that they are nearer in fewer than `HANDICAP` of the stories more than the judge is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from curation.core.statistics import Floats

# What a reviewer's word is allowed to be better by: the smallest that the authors suggest (0.1 to 0.2), since people
# agree little on stories.
HANDICAP = 0.1
FALSE_DISCOVERIES = 0.05
# Under so many shared stories a t test of the indicators is not to be relied on, says section 3.2.
LEAST_STORIES = 30
# With two reviewers each is measured by the other alone; the authors ask for three.
LEAST_REVIEWERS = 3


class NoWorse(StrEnum):
    """Whether the judge is no worse than a second reviewer."""

    YES = "yes"
    NO = "no"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Against:
    """One reviewer left out: in how many stories the judge was nearer to the others, as near, and further off."""

    nearer: int
    tied: int
    further: int

    @property
    def n(self) -> int:
        """How many stories were compared."""
        return self.nearer + self.tied + self.further

    @property
    def advantage(self) -> float:
        """The share of stories in which the judge was as near or nearer."""
        return (self.nearer + self.tied) / self.n

    def t(self, handicap: float) -> float:
        """Student's t of the reviewer's lead over the judge against `handicap`; infinite where nothing varies."""
        lead = (self.further - self.nearer) / self.n
        variance = (self.further + self.nearer - self.n * lead**2) / (self.n - 1)
        if variance <= 1e-12:
            return float(np.sign(lead - handicap) * np.inf)
        return float((lead - handicap) / (variance / self.n) ** 0.5)


@dataclass(frozen=True)
class SecondReviewer:
    """`winning_rate` is the share of `reviewers` against whom the judge wins, `advantage` the mean of theirs.

    Both are NaN without a reviewer to compare with.
    """

    answer: NoWorse
    winning_rate: float
    advantage: float
    reviewers: int


def leave_each_out(judged: Floats, ratings: Floats) -> list[Against]:
    """Hold the judge against each reviewer who shares `LEAST_STORIES` with others; in the order of the columns.

    `judged` (n) are the judge's values on the reviewers' own scale, `ratings` (n, reviewers), NaN where somebody did
    not rate. Near is the root mean square distance to the others' ratings, as the paper has it for ratings.
    """
    known = np.isfinite(ratings)
    given = np.where(known, ratings, 0.0)
    count, total, squares = known.sum(axis=1), given.sum(axis=1), (given**2).sum(axis=1)
    found = []
    for column in range(ratings.shape[1]):
        rows = np.flatnonzero(known[:, column] & (count > 1) & np.isfinite(judged))
        if rows.size < LEAST_STORIES:
            continue
        own, judge = given[rows, column], judged[rows]
        others, sums = count[rows] - 1, total[rows] - own
        # Sums of squares of whole numbers are exact, so a tie is a tie.
        rest = squares[rows] - own**2
        of_reviewer = others * own**2 - 2 * own * sums + rest
        of_judge = others * judge**2 - 2 * judge * sums + rest
        found.append(
            Against(
                int((of_judge < of_reviewer).sum()),
                int((of_judge == of_reviewer).sum()),
                int((of_judge > of_reviewer).sum()),
            )
        )
    return found


def second_reviewer(against: Sequence[Against], *, handicap: float = HANDICAP) -> SecondReviewer:
    """The test's answer: yes where the judge wins against half the reviewers or more.

    Not to win is no proof of being worse, so *no* is our own addition: of more than half the reviewers it is shown that
    they lead by more than the handicap, by the same test turned round. Everything else, and fewer than
    `LEAST_REVIEWERS`, is *not yet known*.
    """
    from scipy.special import stdtr

    if not against:
        return SecondReviewer(NoWorse.NOT_YET, np.nan, np.nan, 0)
    below = np.array([stdtr(one.n - 1, one.t(handicap)) for one in against])
    won, lost = (int(rejected(p, FALSE_DISCOVERIES).sum()) for p in (below, 1 - below))
    rate = won / len(against)
    answer = NoWorse.YES if rate >= 0.5 else NoWorse.NO if 2 * lost > len(against) else NoWorse.NOT_YET
    if len(against) < LEAST_REVIEWERS:
        answer = NoWorse.NOT_YET
    return SecondReviewer(answer, rate, float(np.mean([one.advantage for one in against])), len(against))


def rejected(p: Floats, rate: float) -> NDArray[np.bool_]:
    """Which hypotheses to reject so that at most `rate` of the rejected are true, however the tests hang together.

    Benjamini & Yekutieli, The control of the false discovery rate in multiple testing under dependency, Annals of
    Statistics 29 (2001), 1165-1188, theorem 1.3.
    """
    m = p.size
    order = np.argsort(p, kind="stable")
    bounds = np.arange(1, m + 1) / m * rate / (1 / np.arange(1, m + 1)).sum()
    passed = np.flatnonzero(p[order] <= bounds)
    found = np.zeros(m, dtype=np.bool_)
    if passed.size:
        found[order[: passed[-1] + 1]] = True
    return found
