"""How reviewing goes, person by person: pace, agreement and flags, over the newest reviews."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef

from annotations.counting import Use
from annotations.models import Rating, Review, ReviewFlag
from annotations.queries.blindness import to_judge_blind
from annotations.queries.decisions import in_review
from curation.accounts.models import User
from curation.core.statistics import Estimate, alpha_with_interval, proportion

# The newest reviews that count, so that the page costs the same however many there are; and the people shown.
NEWEST, PEOPLE = 1_000, 12


@dataclass(frozen=True)
class ReviewerShare:
    """One reviewer's share of the newest reviews.

    `pace` is in words a minute of active time, None where none was measured. `agreement` is Krippendorff's ordinal
    alpha with the other of a story's first two reviewers, every criterion that both rated being one unit, and whole
    stories drawn for its interval; its `n` counts stories, its value is NaN where there is none. `flagged` is the
    share of reviews that raise a flag. Both are over stories that nobody reads or may still be given.
    """

    user: User
    reviews: int
    pace: int | None
    agreement: Estimate
    flagged: Estimate

    @property
    def agrees(self) -> bool:
        """Whether there is an agreement to show, with how sure it is."""
        return bool(np.isfinite([self.agreement.value, self.agreement.low]).all())


def reviewing(reader: User) -> list[ReviewerShare]:
    """Return those who reviewed most of the newest reviews, in three statements.

    Without the reviews of stories that `reader` has yet to judge blind. Of those that anybody reads or may still be
    given, only how many there are and the pace: of one more review, the other figures tell what it says.
    """
    newest = Review.objects.counting(Use.AGREEMENT).exclude(to_judge_blind(reader, "story")).order_by("-id")
    raised = Exists(ReviewFlag.objects.filter(review=OuterRef("pk")))
    columns = ("pk", "story_id", "reviewer_id", "story__n_words", "active_seconds", "raised", "open")
    rows = list(newest.annotate(raised=raised, open=in_review("story")).values_list(*columns)[:NEWEST])
    by_person: dict[int, list[tuple[int, int]]] = defaultdict(list)
    flags: dict[int, list[bool]] = defaultdict(list)
    first: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pk, story, person, words, seconds, flag, still_open in reversed(rows):
        by_person[person].append((words, seconds))
        if still_open:
            continue
        flags[person].append(flag)
        if len(first[story]) < 2:
            first[story].append((pk, person))
    shown = sorted(by_person, key=lambda person: (-len(by_person[person]), person))[:PEOPLE]
    pairs = _pairs({story: pair for story, pair in first.items() if len(pair) == 2})
    people = User.objects.in_bulk(shown)
    return [
        ReviewerShare(
            user=people[person],
            reviews=len(by_person[person]),
            pace=_pace(by_person[person]),
            agreement=_agreement(pairs[person]),
            flagged=proportion(sum(flags[person]), len(flags[person])),
        )
        for person in shown
    ]


def _agreement(pairs: list[tuple[int, int, int]]) -> Estimate:
    table = np.array(pairs, dtype=np.float64).reshape(-1, 3)
    return alpha_with_interval(table[:, 1:], stories=table[:, 0].tolist())


def _pairs(twice: Mapping[int, list[tuple[int, int]]]) -> dict[int, list[tuple[int, int, int]]]:
    """Return for each person (story, own rating, the other's rating) for each criterion that both rated."""
    values: dict[int, dict[int, int]] = defaultdict(dict)
    rated = Rating.objects.filter(review__in=[pk for pair in twice.values() for pk, _ in pair], value__isnull=False)
    for review, criterion, value in rated.values_list("review_id", "criterion_id", "value"):
        values[review][criterion] = int(value or 0)
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for story, ((one, first), (other, second)) in twice.items():
        for criterion in values[one].keys() & values[other].keys():
            mine, theirs = values[one][criterion], values[other][criterion]
            found[first].append((story, mine, theirs))
            found[second].append((story, theirs, mine))
    return found


def _pace(reviews: list[tuple[int, int]]) -> int | None:
    timed = [(words, seconds) for words, seconds in reviews if seconds]
    seconds = sum(seconds for _words, seconds in timed)
    return round(60 * sum(words for words, _seconds in timed) / seconds) if seconds else None
