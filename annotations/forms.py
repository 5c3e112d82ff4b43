"""The rating sheet: what the review page shows, and how its plain form becomes the JSON shape of a review."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from annotations.schema import CHOICES
from curation.core.errors import InvalidInput
from curation.standards.models import Rubric
from curation.standards.models.rubric import Group

NOT_APPLICABLE = "na"


@dataclass(frozen=True)
class Step:
    """One value of a criterion. `value` is what the form sends: 1 to 5, or `na`."""

    value: str
    label: str
    anchor: str


@dataclass(frozen=True)
class CriterionRow:
    """A criterion as the page shows it, with its steps in order."""

    key: str
    group: str
    name: str
    short: str
    question: str
    theme: str
    na_allowed: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class ThemeRow:
    """A theme that can be marked."""

    key: str
    name: str
    description: str


@dataclass(frozen=True)
class FlagRow:
    """A flag that can be raised."""

    key: str
    name: str
    description: str
    severity: str
    asks_passage: bool
    asks_conduct: bool


@dataclass(frozen=True)
class Form:
    """Everything of a rubric that the page shows."""

    criteria: tuple[CriterionRow, ...]
    themes: tuple[ThemeRow, ...]
    flags: tuple[FlagRow, ...]


@dataclass(frozen=True)
class RatedRow:
    """A criterion with this reviewer's answer. `asleep`: its theme is neither tagged nor marked."""

    criterion: CriterionRow
    chosen: str
    asleep: bool
    missing: bool
    heading: str


@dataclass(frozen=True)
class Sheet:
    """One reviewer's sheet for one story. A flag comes with whether it is raised, and its first passage.

    `spans` holds the marked passages as the form sends them.
    """

    rows: list[RatedRow]
    themes: list[tuple[ThemeRow, bool, bool]]
    flags: list[tuple[FlagRow, bool, str]]
    spans: str


def form_of(rubric: Rubric) -> Form:
    """Return what the page shows of a rubric; a frozen one is read once per process."""
    return _frozen_form(rubric.pk) if rubric.frozen_at else _read_form(rubric.pk)


@lru_cache(maxsize=64)
def _frozen_form(rubric_id: int) -> Form:
    return _read_form(rubric_id)


def _read_form(rubric_id: int) -> Form:
    rubric = Rubric(pk=rubric_id)
    criteria = []
    for criterion in rubric.criteria.select_related("theme"):
        pairs = enumerate(zip(criterion.labels, criterion.anchors, strict=True), start=1)
        criteria.append(
            CriterionRow(
                criterion.key,
                criterion.group,
                criterion.name,
                criterion.short,
                criterion.question,
                criterion.theme.key if criterion.theme else "",
                criterion.na_allowed,
                tuple(Step(str(value), label, anchor) for value, (label, anchor) in pairs),
            )
        )
    themes = tuple(ThemeRow(t.key, t.name, t.description) for t in rubric.themes.all())
    flags = tuple(
        FlagRow(f.key, f.name, f.description, f.severity, f.asks_passage, f.asks_conduct) for f in rubric.flags.all()
    )
    return Form(tuple(criteria), themes, flags)


def sheet_of(form: Form, data: Mapping[str, Any], tagged: Collection[str], missing: Collection[str] = ()) -> Sheet:
    """Fill a form with the answers of a draft (or of a post that was refused; then `missing` names what it lacks)."""
    ratings, marked, raised = data.get("ratings") or {}, data.get("themes") or [], data.get("flags") or []
    rows, group = [], ""
    for criterion in form.criteria:
        heading = str(Group(criterion.group).label) if criterion.group != group else ""
        group = criterion.group
        asleep = bool(criterion.theme) and criterion.theme not in tagged and criterion.theme not in marked
        rows.append(RatedRow(criterion, _chosen(ratings, criterion.key), asleep, criterion.key in missing, heading))
    return Sheet(
        rows,
        [(theme, theme.key in marked, theme.key in tagged) for theme in form.themes],
        [(flag, flag.key in raised, _passage(data, flag.key)) for flag in form.flags],
        json.dumps(data.get("spans") or []),
    )


def _passage(data: Mapping[str, Any], flag: str) -> str:
    own = (span for span in data.get("spans") or [] if isinstance(span, dict) and span.get("flag") == flag)
    return next((str(span.get("quote", "")) for span in own), "")


def _chosen(ratings: Mapping[str, Any], key: str) -> str:
    if key not in ratings:
        return ""
    return NOT_APPLICABLE if ratings[key] is None else str(ratings[key])


def posted(post: QueryDict, form: Form, text: str) -> dict[str, Any]:
    """Turn the page's form into the JSON shape of a review.

    With the script, `spans` holds the passages as JSON. Without it, `passage_FLAG` holds a pasted passage of `text`.
    """
    ratings: dict[str, int | None] = {}
    for criterion in form.criteria:
        value = post.get(f"rating_{criterion.key}", "")
        if value == NOT_APPLICABLE:
            ratings[criterion.key] = None
        elif value:
            ratings[criterion.key] = int(value) if value.isascii() and value.isdigit() else 0
    seconds = post.get("active_seconds", "")
    return {
        "themes": post.getlist("theme"),
        "ratings": ratings,
        "flags": post.getlist("flag"),
        "spans": _with_pasted(_spans(post.get("spans", "")), post, form, text),
        "out_of_scope": post.get("out_of_scope") == "on",
        "comment": post.get("comment", "").replace("\r\n", "\n"),
        "active_seconds": int(seconds) if seconds.isascii() and seconds.isdigit() else 0,
    }


def _spans(value: str) -> list[Any]:
    try:
        found = json.loads(value or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise InvalidInput(_("The marked passages did not arrive whole. Reload the page; your draft is kept."))
    return found


def _with_pasted(spans: list[Any], post: QueryDict, form: Form, text: str) -> list[Any]:
    """Let what was pasted for a flag take the place of its passages. With the script nothing is pasted."""
    for flag in form.flags:
        if (pasted := post.get(f"passage_{flag.key}")) is None:
            continue
        quote = pasted.replace("\r\n", "\n").strip()
        said = {name: value for name in CHOICES if (value := post.get(f"{name}_{flag.key}", ""))}
        own = [span for span in spans if isinstance(span, dict) and span.get("flag") == flag.key]
        if same := next((span for span in own if span.get("quote") == quote), None):
            same |= said
            continue
        spans = [span for span in spans if span not in own]
        if quote and flag.key in post.getlist("flag"):
            # One that is not in the story is refused with the rest, so that everything else that was sent is kept.
            start = max(0, text.find(quote))
            place = {"start": start, "end": start + len(quote), "quote": quote}
            spans.append({"criterion": None, "flag": flag.key, **place, **dict.fromkeys(CHOICES, ""), **said})
    return spans
