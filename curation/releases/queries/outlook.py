"""What to know of a version before it is cut: whose ratings it would show, and how far its reviewers agree."""

from dataclasses import dataclass
from math import isfinite

from django.db import connection
from django.db.models import QuerySet

from annotations.counting import Use
from annotations.models import Decision, Review
from annotations.queries.blindness import stories_to_review_blind, to_judge_blind
from annotations.queries.consent import publishing
from curation.accounts.models import User
from curation.calibration.queries.agreement import agreement
from curation.releases.models import ReleaseItem
from curation.releases.queries.candidates import Candidate, ReleasePlan, gone_from, not_in
from curation.releases.rating_figures import LEAST_STORIES
from curation.standards.models import Rubric
from curation.standards.spec import spec_for_reader

# As many titles as one looks through; a list of all would grow with the dataset.
LISTED = 50


# The last row is over all reviewers: their reviews, and the stories of which some may be published.
BY_REVIEWER = """
SELECT reviewer, count(*), count(DISTINCT story) FILTER (WHERE reviewer = ANY(%s))
FROM ({reviews}) AS counting (reviewer, story) GROUP BY GROUPING SETS ((reviewer), ()) ORDER BY grouping(reviewer)"""


@dataclass(frozen=True)
class Consents:
    """How many of the reviews, and of the people behind them, may be published by themselves.

    `silent` counts stories none of whose ratings may be: they go in with their means alone.
    """

    reviews: int
    published_reviews: int
    people: int
    published_people: int
    silent: int


@dataclass(frozen=True)
class Weakest:
    """The criterion with the lowest alpha, and its 95 percent interval."""

    key: str
    name: str
    alpha: float
    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """`added` and `removed` are titles (of at most `LISTED` stories each, by story); `more_added` and `more_removed`
    say how many are not listed. `unlicensed` maps a source to its stories without a known licence. `weakest` is None,
    too, where agreement was not `asked` for.
    """

    added: list[str]
    removed: list[str]
    more_added: int
    more_removed: int
    consents: Consents
    unlicensed: dict[str, int]
    asked: bool
    weakest: Weakest | None


def outlook(plan: ReleasePlan, *, reader: User | None = None, agreement: bool = True) -> Outlook:
    """Work out what to know before a version is cut, in at most nine statements.

    To `reader`, stories that they have yet to judge blind are counted, and not named; their reviews are not counted.
    Without `agreement` there is no weakest criterion: it takes all ratings, and longer than everything else.
    """
    # Of a first version all are new.
    added = list(first_added(plan)) if plan.policy and plan.previous else []
    removed = list(first_removed(plan)) if plan.policy else []
    named = {story for story, _title in [*added, *removed]}
    if reader is not None:
        named -= set(stories_to_review_blind(reader).filter(pk__in=named))
    listed_added, listed_removed = (
        [title or Candidate.untitled(story) for story, title in part if story in named] for part in (added, removed)
    )
    return Outlook(
        added=listed_added,
        removed=listed_removed,
        more_added=plan.added - len(listed_added),
        more_removed=plan.removed - len(listed_removed),
        consents=consents(plan, reader=reader),
        unlicensed=plan.unlicensed,
        asked=agreement,
        weakest=weakest(plan.policy.rubric) if plan.policy and agreement else None,
    )


def first_added(plan: ReleasePlan) -> QuerySet[Decision, tuple[int, str]]:
    """Return ids and titles of the first stories that the previous version does not have."""
    added = not_in(plan.previous, plan.decisions())
    return added.values_list("story_id", "story__title")[:LISTED]


def first_removed(plan: ReleasePlan) -> QuerySet[ReleaseItem, tuple[int, str]]:
    """Return ids and titles of the first stories that the previous version has, and this one will not."""
    gone = gone_from(plan).order_by("story_id")
    return gone.values_list("story_id", "story__title")[:LISTED]


def consents(plan: ReleasePlan, *, reader: User | None = None) -> Consents:
    """Count what the reviewers' latest answers let be published; they may answer otherwise until the version is cut.

    Without the stories that `reader` has yet to judge blind: of these, one more review would show.
    """
    if plan.policy is None:
        return Consents(0, 0, 0, 0, 0)
    decided, counted = plan.decisions().order_by(), plan.stories
    if reader is not None:
        blind = list(decided.filter(to_judge_blind(reader, "story")).values_list("story", flat=True))
        decided, counted = decided.exclude(story__in=blind), counted - len(blind)
    stories = decided.values("story_id")
    reviews = Review.objects.counting(Use.RELEASE).filter(story__in=stories, rubric=plan.policy.rubric).order_by()
    consenting = publishing(User.objects.values_list("pk", flat=True))
    sql, parameters = reviews.values_list("reviewer_id", "story_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(BY_REVIEWER.format(reviews=sql), [list(consenting), *parameters])
        *people, (_everybody, total, shown) = cursor.fetchall()
    published = [n for person, n, _shown in people if person in consenting]
    return Consents(total, sum(published), len(people), len(published), counted - shown)


def agreed(rubric: Rubric, *, read: bool = False) -> dict[str, dict[str, float | int | None]]:
    """Return agreement per criterion over all stories reviewed by this rubric; no alpha where there is too little.

    With `read`, over those that nobody reads or may still be given.
    """
    found: dict[str, dict[str, float | int | None]] = {}
    for part in agreement(rubric, read=read):
        figures = [part.alpha.value, part.alpha.low, part.alpha.high]
        enough = part.alpha.n >= LEAST_STORIES and all(isfinite(figure) for figure in figures)
        alpha, low, high = (round(figure, 4) if enough else None for figure in figures)
        found[part.key] = {"alpha": alpha, "low": low, "high": high, "stories": part.alpha.n}
    return found


def weakest(rubric: Rubric) -> Weakest | None:
    """Return the criterion that reviewers agree on least; None where too few stories were rated twice to say."""
    names = {part.key: part.name for part in spec_for_reader(rubric).criteria}
    said = [
        Weakest(key, names[key], part["alpha"], part["low"], part["high"])
        for key, part in agreed(rubric, read=True).items()
        if part["alpha"] is not None and part["low"] is not None and part["high"] is not None
    ]
    return min(said, key=lambda part: part.alpha, default=None)
