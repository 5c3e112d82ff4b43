"""What to know of a version before it is created: whose ratings it would show, and how far its reviewers agree."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _

from annotations.counting import Use
from annotations.models import Review
from annotations.queries.blindness import stories_to_review_blind
from annotations.queries.consent import publishing
from curation.accounts.models import User
from curation.calibration.queries.agreement import agreement
from curation.releases.models.selection import LeftOutReason
from curation.releases.queries.candidates import DECISION, ReleasePlan
from curation.releases.rating_figures import LEAST_STORIES
from curation.standards.models import Rubric
from curation.standards.queries import names_by_kind
from curation.standards.spec import spec_for_reader
from curation.stories.names import name_of

CHANGES = ("added", "removed", "anew")
# As many titles as one looks through; a list of all would grow with the dataset.
LISTED = 50


# What comes, goes and is decided anew, in three lists; how many stories go in by principle and theme; and how many
# reviews of them there are by reviewer, and stories of which some may be shown. In one statement: the fates are dear.
LOOKED_AT = """
, blind (story) AS MATERIALIZED ({blind}), read AS MATERIALIZED (
  SELECT counting.reviewer, counting.story FROM ({reviews}) AS counting (reviewer, story)
  JOIN fated ON fated.story = counting.story AND fated.reason IS NULL
), gone AS (
  SELECT item.story_id AS story FROM releases_releaseitem item
  WHERE item.release_id = %s AND NOT EXISTS (SELECT FROM fated WHERE fated.story = item.story_id)
    AND NOT EXISTS (SELECT FROM blind WHERE blind.story = item.story_id)
), changed AS (
  (SELECT 'added' AS kind, fated.story, kept_out.reason, '' AS detail
    FROM fated LEFT JOIN releases_leftout kept_out ON kept_out.release_id = %s AND kept_out.story_id = fated.story
    WHERE fated.reason IS NULL AND fated.had IS NULL ORDER BY fated.story LIMIT %s)
  UNION ALL (SELECT 'removed', story, reason, detail FROM fated
    WHERE reason IS NOT NULL AND had IS NOT NULL ORDER BY story LIMIT %s)
  UNION ALL (SELECT 'removed', story, 'decision', '' FROM gone ORDER BY story LIMIT %s)
  UNION ALL (SELECT 'anew', story, NULL, '' FROM fated WHERE reason IS NULL AND had <> decision ORDER BY story LIMIT %s)
)
SELECT changed.kind, changed.story, s.title, changed.reason, changed.detail, 0::bigint
FROM changed JOIN stories_story s ON s.id = changed.story
UNION ALL SELECT 'cover', 0, COALESCE(tag.key, ''), COALESCE(theme, ''), '', count(*)
FROM fated JOIN annotations_decision d ON d.id = fated.decision
LEFT JOIN LATERAL unnest(d.themes) AS theme ON true
LEFT JOIN (SELECT DISTINCT story_id, key FROM stories_tag WHERE kind = 'principle') tag ON tag.story_id = fated.story
WHERE fated.reason IS NULL GROUP BY 3, 4
UNION ALL SELECT 'reviewer', reviewer, '', NULL, '', count(*) FROM read GROUP BY reviewer
UNION ALL SELECT 'shown', 0, '', NULL, '', count(DISTINCT story) FROM read WHERE reviewer = ANY(%s)
UNION ALL SELECT 'blind', 0, '', NULL, '', 1 FROM (SELECT FROM blind LIMIT 1) AS one
ORDER BY 1, 2"""


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
class Changed:
    """A story that comes, goes, or stays by another decision, and why in words; `why` is empty for one that is new."""

    title: str
    why: str


@dataclass(frozen=True)
class Coverage:
    """How many stories go in by principle and theme: `rows` are (principle, counts), one for each of `themes`.

    A story of several counts in each. An empty key stands for stories without one.
    """

    themes: list[str]
    rows: list[tuple[str, list[int]]]


@dataclass(frozen=True)
class Outlook:
    """`added`, `removed` and `anew` name at most `LISTED` stories each, by story; `more_*` say how many are not listed.

    `left_aside`: there are stories that whoever looks has yet to judge blind, which nothing here counts or names.
    `unlicensed` maps a source to its stories without a known licence. `weakest` is None, too, where agreement was not
    `asked` for.
    """

    added: list[Changed]
    removed: list[Changed]
    anew: list[Changed]
    more_added: int
    more_removed: int
    more_anew: int
    coverage: Coverage
    consents: Consents
    unlicensed: dict[str, int]
    asked: bool
    weakest: Weakest | None
    left_aside: bool


def outlook(plan: ReleasePlan, *, agreement: bool = True) -> Outlook:
    """Work out what to know before a version is created, in at most five statements, as the plan's reader is told.

    Without `agreement` there is no weakest criterion: it takes all ratings, and longer than everything else.
    """
    consenting = publishing(User.objects.values_list("pk", flat=True))
    rubric = plan.policy.rubric_id if plan.policy else None
    reviews = Review.objects.counting(Use.RELEASE).filter(rubric=rubric).order_by()
    sql, parameters = reviews.values_list("reviewer_id", "story_id").query.sql_with_params()
    previous = plan.previous.pk if plan.previous else None
    blind, blinding = (
        stories_to_review_blind(plan.reader).query.sql_with_params()
        if plan.reader
        else ("SELECT NULL::bigint WHERE false", ())
    )
    rows = plan.fates.ask(
        LOOKED_AT.format(reviews=sql, blind=blind),
        *blinding,
        *parameters,
        previous,
        previous,
        *[LISTED] * 4,
        list(consenting),
    )
    # Of a first version all are new.
    listed = [row for row in rows if row[0] in CHANGES and plan.previous is not None]
    added, removed, anew = (
        [
            Changed(name_of(title, story), in_words(kind, reason, detail))
            for kind, story, title, reason, detail, _n in listed
            if kind == wanted
        ]
        for wanted in CHANGES
    )
    return Outlook(
        added=added,
        removed=removed,
        anew=anew,
        more_added=plan.added - len(added),
        more_removed=plan.removed - len(removed),
        more_anew=plan.decided_anew - len(anew),
        coverage=coverage([(principle, theme, n) for kind, _s, principle, theme, _d, n in rows if kind == "cover"]),
        consents=consents(plan, rows, consenting),
        unlicensed=plan.unlicensed,
        asked=agreement,
        weakest=weakest(plan.policy.rubric) if plan.policy and agreement else None,
        left_aside=any(kind == "blind" for kind, *_rest in rows),
    )


def coverage(cells: Sequence[tuple[str, str, int]]) -> Coverage:
    """Return counts by principle and theme as a table, what has no key last."""
    principles, themes = (
        sorted(keys, key=lambda key: (key == "", key))
        for keys in ({principle for principle, _theme, _n in cells}, {theme for _principle, theme, _n in cells})
    )
    n = {(principle, theme): count for principle, theme, count in cells}
    return Coverage(themes, [(one, [n.get((one, theme), 0) for theme in themes]) for one in principles])


def named(found: Coverage) -> Coverage:
    """Return the table with names in place of keys, in the language of whoever looks; one statement."""
    known = names_by_kind()
    principle, theme = known["principle"], known["theme"]
    return Coverage(
        [theme.name_of(key) or key for key in found.themes],
        [(principle.name_of(key) or key, counts) for key, counts in found.rows],
    )


def in_words(kind: str, reason: str | None, detail: str) -> str:
    """Return why a story comes or goes, in the language of whoever looks; nothing for one that is new."""
    if kind == "anew" or reason is None:
        return ""
    if kind == "added":
        return _("left out before: %(reason)s") % {"reason": LeftOutReason(reason).label}
    said = str(LeftOutReason(reason).label) if reason != DECISION else _("its decision changed")
    return f"{said} ({detail})" if detail else said


def consents(plan: ReleasePlan, rows: Sequence[tuple[Any, ...]], consenting: Collection[int]) -> Consents:
    """Count what the reviewers' latest answers let be published; until then they may answer otherwise."""
    by_reviewer = {reviewer: n for kind, reviewer, *_rest, n in rows if kind == "reviewer"}
    published = [n for reviewer, n in by_reviewer.items() if reviewer in consenting]
    shown = sum(n for kind, *_rest, n in rows if kind == "shown")
    return Consents(sum(by_reviewer.values()), sum(published), len(by_reviewer), len(published), plan.stories - shown)


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
