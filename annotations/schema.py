"""A review as a page, a draft or the seed sends it: parsed, checked for completeness and against the story."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import InvalidInput
from curation.core.numbers import grouped
from curation.standards.behaviour import BACKFIRE, CHOICES, is_backfire
from curation.standards.models import Rubric
from curation.standards.spec import CriterionSpec, RubricSpec, spec_of

MOST_SPANS, LONGEST_COMMENT, LONGEST_READING = 200, 10_000, 24 * 3600


class IncompleteReview(InvalidInput):
    """Something is still to be answered: `data["missing"]`, keys of criteria and flags in the rubric's order."""

    code = "incomplete_review"
    title = gettext_lazy("Not quite finished")

    def __init__(self, message: str, missing: list[str]) -> None:
        super().__init__(message, data={"missing": missing})


@dataclass(frozen=True)
class SpanMark:
    """Evidence for a criterion or a flag (one of the two is empty). Offsets are code points, half-open."""

    criterion: str
    flag: str
    start: int
    end: int
    quote: str
    conduct: str = ""
    intent: str = ""
    portrayal: str = ""


@dataclass(frozen=True)
class Submission:
    """One review. `ratings` maps a criterion's key to 1 to 5, or to None for N/A; `active_seconds` is 0 to 86,400."""

    themes: tuple[str, ...] = ()
    ratings: Mapping[str, int | None] | None = None
    flags: tuple[str, ...] = ()
    spans: tuple[SpanMark, ...] = ()
    out_of_scope: bool = False
    comment: str = ""
    active_seconds: int = 0


def storable(value: Any) -> Any:
    """Return JSON data without the characters that PostgreSQL cannot hold (NUL, lone surrogates), all the way down."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


def parse_submission(data: Any, rubric: Rubric) -> Submission:
    """Parse the JSON shape of a review, finished or not. Raises `InvalidInput` for a shape that no page sends."""
    return _read(storable(data), spec_of(rubric))


def complete(submission: Submission, spec: RubricSpec, tagged: Collection[str]) -> Submission:
    """Return a parsed review as it is stored; raise `IncompleteReview` naming everything that is still missing.

    `tagged` holds the theme keys the story is tagged with: their criteria must be rated too. Answers that do not apply
    (to a theme not marked, evidence for a flag not raised, ratings of a story without an AI character) are left out.
    """
    _check_complete(submission, spec, tagged)
    return _pruned(submission, spec, tagged)


def _pruned(submission: Submission, spec: RubricSpec, tagged: Collection[str]) -> Submission:
    """Leave out the answers that do not apply to what the review now says, and raise the flag that its marks make.

    A backfire is computed: a passage that is marked as one raises the flag, whatever the passage was marked for.
    """
    applying = {c.key for c in spec.criteria if applies(c, submission, tagged)}
    flags = submission.flags
    spans = tuple(s for s in submission.spans if (s.flag in flags if s.flag else s.criterion in applying))
    known = any(flag.key == BACKFIRE for flag in spec.flags)
    if known and BACKFIRE not in flags and any(shows(span, BACKFIRE) for span in spans):
        flags = (*flags, BACKFIRE)
    return replace(
        submission,
        themes=() if submission.out_of_scope else submission.themes,
        ratings={key: value for key, value in (submission.ratings or {}).items() if key in applying},
        flags=flags,
        spans=spans,
    )


def shows(span: SpanMark, flag: str) -> bool:
    """Whether a passage shows a flag: it was marked for it, or for the backfire, as its marks make it one."""
    return span.flag == flag or (flag == BACKFIRE and is_backfire([span]))


def raised_safety(submission: Submission, spec: RubricSpec) -> list[str]:
    """Return the names of the safety flags that this review raises."""
    return [flag.name for flag in spec.flags if flag.safety and flag.key in submission.flags]


def applies(criterion: CriterionSpec, submission: Submission, tagged: Collection[str]) -> bool:
    """Whether this criterion is to be rated in this review."""
    if submission.out_of_scope:
        return False
    return not criterion.theme or criterion.theme in tagged or criterion.theme in submission.themes


def _check_complete(submission: Submission, spec: RubricSpec, tagged: Collection[str]) -> None:
    """Raise `IncompleteReview` unless every applying criterion is rated and every flag has what it asks for."""
    ratings = submission.ratings or {}
    unrated = [c for c in spec.criteria if applies(c, submission, tagged) and c.key not in ratings]
    missing, problems = [c.key for c in unrated], []
    if unrated:
        problems.append(_("Still to rate: %(names)s.") % {"names": ", ".join(f"{c.key} {c.name}" for c in unrated)})
    for flag in (flag for flag in spec.flags if flag.key in submission.flags):
        spans = [span for span in submission.spans if shows(span, flag.key)]
        if flag.hard and flag.asks_passage and not spans:
            missing.append(flag.key)
            problems.append(_("Mark the passage that shows “%(name)s”.") % {"name": flag.name})
        elif flag.asks_conduct and not all(span.conduct and span.intent and span.portrayal for span in spans):
            missing.append(flag.key)
            problems.append(
                _("Say conduct, intent and portrayal for each passage of “%(name)s”.") % {"name": flag.name}
            )
    if problems:
        raise IncompleteReview(" ".join(problems), missing)


def _read(data: Any, spec: RubricSpec) -> Submission:
    if not isinstance(data, Mapping):
        raise InvalidInput(_("A review is an object with ratings, flags and passages. Reload the page and try again."))
    out_of_scope = data.get("out_of_scope", False)
    if not isinstance(out_of_scope, bool):
        raise InvalidInput(_("out_of_scope is yes or no."))
    comment = data.get("comment", "")
    if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
        raise InvalidInput(_("A comment is text of up to %(most)s characters.") % {"most": grouped(LONGEST_COMMENT)})
    return Submission(
        themes=_keys(data.get("themes", []), {theme.key for theme in spec.themes}, "themes"),
        ratings=_ratings(data.get("ratings", {}), spec),
        flags=_keys(data.get("flags", []), {flag.key for flag in spec.flags}, "flags"),
        spans=_spans(data.get("spans", []), spec),
        out_of_scope=out_of_scope,
        comment=comment.strip(),
        active_seconds=min(_whole(data.get("active_seconds", 0), "active_seconds"), LONGEST_READING),
    )


def _keys(values: Any, known: set[str], name: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidInput(_("Send %(name)s as a list of keys.") % {"name": name})
    if strange := sorted(set(values) - known):
        raise InvalidInput(
            _("%(name)s names “%(key)s”, which this rubric does not have.") % {"name": name, "key": strange[0]}
        )
    return tuple(dict.fromkeys(values))


def _ratings(values: Any, spec: RubricSpec) -> dict[str, int | None]:
    if not isinstance(values, Mapping):
        raise InvalidInput(_("Send the ratings as criterion and value."))
    criteria = {criterion.key: criterion for criterion in spec.criteria}
    for key, value in values.items():
        if key not in criteria:
            raise InvalidInput(_("This rubric has no criterion called %(key)s.") % {"key": repr(key)})
        if value is None and not criteria[key].na_allowed:
            raise InvalidInput(
                _("%(key)s %(name)s always applies: rate it from 1 to 5.") % {"key": key, "name": criteria[key].name}
            )
        if value is not None and (type(value) is not int or not 1 <= value <= 5):
            raise InvalidInput(_("%(key)s takes a whole number from 1 to 5.") % {"key": key})
    return dict(values)


def _spans(values: Any, spec: RubricSpec) -> tuple[SpanMark, ...]:
    if not isinstance(values, list) or len(values) > MOST_SPANS:
        raise InvalidInput(_("Send up to %(most)s passages, as a list.") % {"most": MOST_SPANS})
    return tuple(_span(value, spec) for value in values)


def _span(value: Any, spec: RubricSpec) -> SpanMark:
    if not isinstance(value, Mapping):
        raise InvalidInput(_("A passage is an object with start, end and quote."))
    criterion, flag, quote = value.get("criterion") or "", value.get("flag") or "", value.get("quote")
    known = [c.key for c in spec.criteria] if criterion else [f.key for f in spec.flags]
    if bool(criterion) == bool(flag) or (criterion or flag) not in known:
        raise InvalidInput(_("A passage belongs to one criterion or one flag of the rubric."))
    start, end = _whole(value.get("start"), "start"), _whole(value.get("end"), "end")
    if start >= end or not isinstance(quote, str):
        raise InvalidInput(_("A passage has a start before its end, and a quote."))
    said = {name: value.get(name) or "" for name in CHOICES}
    for name, word in said.items():
        if word and word not in CHOICES[name]:
            raise InvalidInput(_("%(name)s is one of %(known)s.") % {"name": name, "known": ", ".join(CHOICES[name])})
    return SpanMark(criterion, flag, start, end, quote, **said)


def _whole(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise InvalidInput(_("%(what)s is a whole number.") % {"what": what})
    return value
