"""The rating sheet: what the review page shows, and how its plain form becomes the JSON shape of a review."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import InvalidInput
from curation.core.plain_text import parse_json, whole_number
from curation.standards.behaviour import CHOICES
from curation.standards.spec import CriterionSpec, FlagSpec, RubricSpec, ThemeSpec

NOT_APPLICABLE = "na"

# The words for what `CHOICES` offers about a passage.
CONDUCT_WORDS = {
    "conduct": gettext_lazy("Conduct"),
    "intent": gettext_lazy("Intent"),
    "portrayal": gettext_lazy("Shown as"),
    "aligned": gettext_lazy("aligned"),
    "ambiguous": gettext_lazy("ambiguous"),
    "misaligned": gettext_lazy("misaligned"),
    "benevolent": gettext_lazy("benevolent"),
    "malevolent": gettext_lazy("malevolent"),
    "positive": gettext_lazy("positive"),
    "neutral": gettext_lazy("neutral"),
    "negative": gettext_lazy("negative"),
}


@dataclass(frozen=True)
class RatedRow:
    """A criterion with this reviewer's answer. `asleep`: its theme is neither tagged nor marked.

    `first`: it begins its group.
    """

    criterion: CriterionSpec
    chosen: str
    asleep: bool
    missing: bool
    group_name: str
    first: bool


@dataclass(frozen=True)
class ConductPart:
    """One of the three questions about a passage: its key and words, and each choice with its word."""

    key: str
    name: str
    choices: list[tuple[str, str]]


@dataclass(frozen=True)
class RatingForm:
    """One reviewer's sheet for one story. A flag comes with whether it is raised, and its first passage.

    `spans` holds the marked passages as the form sends them.
    """

    rows: list[RatedRow]
    themes: list[tuple[ThemeSpec, bool, bool]]
    flags: list[tuple[FlagSpec, bool, str]]
    spans: str
    conduct: list[ConductPart]


def rating_form_of(
    spec: RubricSpec, data: Mapping[str, Any], tagged: Collection[str], missing: Collection[str] = ()
) -> RatingForm:
    """Fill the sheet with the answers of a draft, or of a post that was refused: then `missing` names what it lacks."""
    ratings, marked, raised = data.get("ratings") or {}, data.get("themes") or [], data.get("flags") or []
    rows, group = [], ""
    for criterion in spec.criteria:
        name, first = criterion.group_name, criterion.group != group
        group = criterion.group
        asleep = bool(criterion.theme) and criterion.theme not in tagged and criterion.theme not in marked
        rows.append(RatedRow(criterion, _chosen(ratings, criterion.key), asleep, criterion.key in missing, name, first))
    return RatingForm(
        rows,
        [(theme, theme.key in marked, theme.key in tagged) for theme in spec.themes],
        [(flag, flag.key in raised, _passage(data, flag.key)) for flag in spec.flags],
        json.dumps(data.get("spans") or []),
        [
            ConductPart(key, str(CONDUCT_WORDS[key]), [(value, str(CONDUCT_WORDS[value])) for value in values])
            for key, values in CHOICES.items()
        ],
    )


def _passage(data: Mapping[str, Any], flag: str) -> str:
    own = (span for span in data.get("spans") or [] if isinstance(span, dict) and span.get("flag") == flag)
    return next((str(span.get("quote", "")) for span in own), "")


def _chosen(ratings: Mapping[str, Any], key: str) -> str:
    if key not in ratings:
        return ""
    return NOT_APPLICABLE if ratings[key] is None else str(ratings[key])


def posted(post: QueryDict, spec: RubricSpec, text: str) -> dict[str, Any]:
    """Turn the page's form into the JSON shape of a review.

    With the script, `spans` holds the passages as JSON. Without it, `passage_FLAG` holds a pasted passage of `text`.
    """
    ratings: dict[str, int | None] = {}
    for criterion in spec.criteria:
        value = post.get(f"rating_{criterion.key}", "")
        if value == NOT_APPLICABLE:
            ratings[criterion.key] = None
        elif value:
            ratings[criterion.key] = whole_number(value) or 0
    seconds = post.get("active_seconds", "")
    return {
        "themes": post.getlist("theme"),
        "ratings": ratings,
        "flags": post.getlist("flag"),
        "spans": _with_pasted(_spans(post.get("spans", "")), post, spec, text),
        "out_of_scope": post.get("out_of_scope") == "on",
        "comment": post.get("comment", ""),
        "active_seconds": whole_number(seconds) or 0,
    }


def _spans(value: str) -> list[Any]:
    try:
        found = parse_json(value or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise InvalidInput(_("The marked passages did not arrive whole. Reload the page; your draft is kept."))
    return found


def _with_pasted(spans: list[Any], post: QueryDict, spec: RubricSpec, text: str) -> list[Any]:
    """Let what was pasted for a flag take the place of its passages. With the script nothing is pasted."""
    for flag in spec.flags:
        if (pasted := post.get(f"passage_{flag.key}")) is None:
            continue
        quote = pasted.strip()
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
