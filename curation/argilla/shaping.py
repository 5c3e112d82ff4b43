"""A rubric as the questions of an Argilla dataset, and the answers to them as a review. No database, no network.

Names that stay, because the answers are read by them: a criterion's key for its rating, with 0 for “does not apply”;
`themes`, `flags`, `passages`, `no_ai` and `comment`. A label of `passages` is `criterion:KEY` or `flag:KEY`, and of a
flag that asks for conduct, intent and portrayal `flag:KEY:CONDUCT:INTENT:PORTRAYAL`. The field `asked` says which
criteria the tags of a story ask for.
"""

from collections.abc import Collection, Mapping
from itertools import product
from typing import Any

from curation.core.stored_messages import gettext_noop
from curation.standards.behaviour import CHOICES
from curation.standards.spec import CriterionSpec, FlagSpec, RubricSpec

TITLE, TEXT, ASKED = "title", "text", "asked"
THEMES, FLAGS, PASSAGES, NO_AI, COMMENT = "themes", "flags", "passages", "no_ai", "comment"
NOT_APPLICABLE, NONE = 0, "none"
LONGEST_GUIDELINES, LONGEST_TITLE, LONGEST_DESCRIPTION = 10_000, 500, 1_000

ANOTHER_TEXT = gettext_noop("The text there is not that of the story here, so passages in it cannot be placed.")
ASTRAY = gettext_noop("A passage lies outside of the text: %(start)s to %(end)s.")
UNSURE = gettext_noop(
    "A passage begins or ends within a word (%(start)s to %(end)s), after a sign that browsers count twice. "
    "It was not moved: mark it again there."
)
STRANGE = gettext_noop("%(question)s was answered with something that the rubric does not have: %(value)s.")
UNTICKED = gettext_noop(
    "%(criterion)s is rated there, and its theme %(theme)s is not chosen. They choose it, or take the rating away."
)
FORMS = (ANOTHER_TEXT, ASTRAY, UNSURE, STRANGE, UNTICKED)


class Unreadable(Exception):
    """An answer cannot be a review; the text is one of `FORMS`, filled in."""


def fields(spec: RubricSpec) -> list[dict[str, Any]]:
    """Return the fields of a record."""
    settings = {"type": "text", "use_markdown": False}
    parts = [(TITLE, "Title", False), (TEXT, "Story", True)]
    if themes_that_ask(spec):
        parts.append((ASKED, "To be rated as well", False))
    return [
        {"name": name, "title": title, "required": required, "settings": settings} for name, title, required in parts
    ]


def themes_that_ask(spec: RubricSpec) -> frozenset[str]:
    """Return the keys of the themes that have criteria of their own."""
    return frozenset(criterion.theme for criterion in spec.criteria if criterion.theme)


def asked_of(spec: RubricSpec, tagged: Collection[str]) -> str:
    """Return what the field `asked` says of a story that is tagged with these themes.

    Argilla cannot require an answer of one record alone, so its readers are told. Empty where nothing is asked.
    """
    sentences = []
    for theme in spec.themes:
        criteria = [f"{criterion.key} {criterion.name}" for criterion in spec.criteria if criterion.theme == theme.key]
        if criteria and theme.key in tagged:
            sentences.append(f"Its tags say that it shows the theme {theme.name}: rate {', '.join(criteria)} as well.")
    return "\n".join(sentences)


def metadata_properties() -> list[dict[str, Any]]:
    """Return what records can be filtered by: nothing that says what anybody thinks of them."""
    return [
        {"name": "language", "title": "Language", "settings": {"type": "terms"}, "visible_for_annotators": True},
        {"name": "words", "title": "Words", "settings": {"type": "integer"}, "visible_for_annotators": True},
    ]


def questions(spec: RubricSpec) -> list[dict[str, Any]]:
    """Return what is asked, in the order of the rubric. At least one question is required, as Argilla has it."""
    asked = [_rating(criterion) for criterion in spec.criteria]
    if not any(one["required"] for one in asked):
        asked[0]["required"] = True
    yes = [{"value": "yes", "text": "Yes"}, {"value": "no", "text": "No"}]
    asked.append(_question(NO_AI, "No AI character in it", {"type": "label_selection", "options": yes}))
    if spec.themes:
        options = [{"value": theme.key, "text": theme.name[:LONGEST_TITLE]} for theme in spec.themes]
        asked.append(_question(THEMES, "Themes", {"type": "multi_label_selection", "options": _two(options)}))
    if spec.flags:
        options = [{"value": flag.key, "text": flag.name[:LONGEST_TITLE]} for flag in spec.flags]
        asked.append(_question(FLAGS, "Flags", {"type": "multi_label_selection", "options": _two(options)}))
    spans = {"type": "span", "field": TEXT, "options": _labels(spec), "allow_overlapping": True}
    asked.append(_question(PASSAGES, "Passages", spans, "Mark what your ratings and flags rest on."))
    asked.append(_question(COMMENT, "Comment", {"type": "text", "use_markdown": False}))
    return asked


def guidelines(name: str, instructions: str, spec: RubricSpec) -> str:
    """Return what the dataset says of itself: what to keep in mind, and each step of each criterion."""
    parts = [f"# {name}", instructions, spec.summary]
    for criterion in spec.criteria:
        steps = [f"- {step.value} {step.label}: {step.anchor}" for step in criterion.steps]
        parts.append("\n".join([f"## {criterion.key} {criterion.name}", criterion.question, "", *steps]))
    for flag in spec.flags:
        parts.append(f"## Flag: {flag.name}\n{flag.description}")
    text = "\n\n".join(part for part in parts if part.strip())
    return text if len(text) <= LONGEST_GUIDELINES else text[: LONGEST_GUIDELINES - 1] + "…"


def review_of(
    values: Mapping[str, Any], spec: RubricSpec, *, text: str, same_text: bool, tagged: Collection[str] = ()
) -> dict[str, Any]:
    """Return answers, by question as `{"value": …}`, in the JSON shape that pages send a review in.

    Questions that the rubric does not have are passed over. Offsets are code points, half-open, and stay as they are;
    `same_text` is whether the record has `text` too, and `tagged` are the themes that the story is tagged with. Raises
    `Unreadable` for a passage that cannot be placed in `text` for sure, for what no question allows, and for a rating
    that has no place because the story is said not to show its theme: it would be lost.
    """
    said = {name: one["value"] for name, one in values.items() if isinstance(one, Mapping) and "value" in one}
    themes, flags = _known(said, THEMES, {t.key for t in spec.themes}), _known(said, FLAGS, {f.key for f in spec.flags})
    ratings = {c.key: _value(c, said[c.key]) for c in spec.criteria if said.get(c.key) is not None}
    out_of_scope = said.get(NO_AI) == "yes"
    for one in spec.criteria:
        if one.key in ratings and one.theme and one.theme not in {*themes, *tagged} and not out_of_scope:
            raise Unreadable(UNTICKED % {"criterion": f"{one.key} {one.name}", "theme": one.theme_name})
    passages = said.get(PASSAGES) or []
    if passages and not same_text:
        raise Unreadable(ANOTHER_TEXT)
    return {
        "ratings": ratings,
        "themes": themes,
        "flags": flags,
        "spans": [_span(one, text, spec) for one in passages],
        "out_of_scope": out_of_scope,
        "comment": str(said.get(COMMENT) or ""),
    }


def suggestion_of(criterion: CriterionSpec, value: float | None) -> int | None:
    """Return a score as an answer to a criterion's question; None where it allows none."""
    if value is None:
        return NOT_APPLICABLE if criterion.na_allowed else None
    return min(5, max(1, round(value)))


def _rating(criterion: CriterionSpec) -> dict[str, Any]:
    values = range(NOT_APPLICABLE if criterion.na_allowed else 1, 6)
    told = [criterion.question]
    if criterion.na_allowed:
        told.append("0: does not apply.")
    if criterion.theme:
        told.append(f"Only where the story shows the theme {criterion.theme_name}.")
    settings = {"type": "rating", "options": [{"value": value} for value in values]}
    title = f"{criterion.key} {criterion.name}" + (" (only with its theme)" if criterion.theme else "")
    return _question(criterion.key, title, settings, " ".join(told), required=not criterion.theme)


def _question(
    name: str, title: str, settings: dict[str, Any], description: str = "", *, required: bool = False
) -> dict[str, Any]:
    asked = {"name": name, "title": title[:LONGEST_TITLE], "required": required, "settings": settings}
    return {**asked, "description": description[:LONGEST_DESCRIPTION]} if description.strip() else asked


def _two(options: list[dict[str, str]]) -> list[dict[str, str]]:
    """A choice has two options at least."""
    return options if len(options) > 1 else [*options, {"value": NONE, "text": "None"}]


def _labels(spec: RubricSpec) -> list[dict[str, str]]:
    labels = [{"value": f"criterion:{c.key}", "text": f"{c.key} {c.name}"[:LONGEST_TITLE]} for c in spec.criteria]
    for flag in spec.flags:
        labels += [{"value": value, "text": text[:LONGEST_TITLE]} for value, text in _of_flag(flag)]
    return labels


def _of_flag(flag: FlagSpec) -> list[tuple[str, str]]:
    if not flag.asks_conduct:
        return [(f"flag:{flag.key}", flag.name)]
    return [
        (f"flag:{flag.key}:{':'.join(said)}", f"{flag.name}: {', '.join(said)}") for said in product(*CHOICES.values())
    ]


def _known(said: Mapping[str, Any], question: str, known: set[str]) -> list[str]:
    chosen = [one for one in said.get(question) or [] if one != NONE]
    for one in chosen:
        if one not in known:
            raise Unreadable(STRANGE % {"question": question, "value": str(one)[:100]})
    return chosen


def _value(criterion: CriterionSpec, value: Any) -> int | None:
    if value == NOT_APPLICABLE:
        return None
    if type(value) is not int or not 1 <= value <= 5:
        raise Unreadable(STRANGE % {"question": criterion.key, "value": str(value)[:100]})
    return value


def _span(said: Mapping[str, Any], text: str, spec: RubricSpec) -> dict[str, Any]:
    start, end = said["start"], said["end"]
    if not 0 <= start < end <= len(text):
        raise Unreadable(ASTRAY % {"start": start, "end": end})
    if any(sign > "\uffff" for sign in text[:end]) and not (_at_edge(text, start) and _at_edge(text, end)):
        raise Unreadable(UNSURE % {"start": start, "end": end})
    kind, _, rest = str(said["label"]).partition(":")
    key, *choices = rest.split(":")
    known = {c.key for c in spec.criteria} if kind == "criterion" else {f.key for f in spec.flags}
    if key not in known or kind not in ("criterion", "flag") or len(choices) not in (0, len(CHOICES)):
        raise Unreadable(STRANGE % {"question": PASSAGES, "value": str(said["label"])[:100]})
    return {
        kind: key,
        "start": start,
        "end": end,
        "quote": text[start:end],
        **dict(zip(CHOICES, choices, strict=False)),
    }


def _at_edge(text: str, place: int) -> bool:
    """Whether a place is between two words, or at the end of one: people mark whole words."""
    return place in (0, len(text)) or not (text[place - 1].isalnum() and text[place].isalnum())
