"""Which column of a file is which field of a story, and turning one row into a story to store."""

import json
import math
import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from curation.core.plain_text import with_lf
from curation.stories import reasons
from curation.stories.fields import FIELDS
from curation.stories.text import Fingerprint, why_no_story, why_not_storable

KEPT_VALUE, KEPT_ROW = 2_000, 20_000
MAX_TAGS = 40


@dataclass(slots=True)
class NewStory:
    """A story ready to be stored: `text` has LF line ends, every value fits its column, `tags` are (kind, key).

    `prints` may be worked out before the story is stored.
    """

    text: str
    fields: dict[str, str] = field(default_factory=dict)
    tags: list[tuple[str, str]] = field(default_factory=list)
    original: dict[str, object] = field(default_factory=dict)
    row: int | None = None
    prints: Fingerprint | None = None


class Rejected(ValueError):
    """This row cannot be stored; the message says why."""


def plain(name: str) -> str:
    """Return a column's name in lower case with everything else than letters and digits as single underscores."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Return field -> column for every field that some column is named after. A column serves one field only."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(plain(column), column)
    found: dict[str, str] = {}
    for name, one in FIELDS.items():
        for candidate in one.guesses:
            if candidate in by_name:
                found[name] = by_name.pop(candidate)
                break
    return found


def problem_with(mapping: AnyMapping[str, str], columns: Sequence[str]) -> str:
    """Return what is wrong with `mapping` for a file with `columns`, and what to do; an empty string if nothing."""
    listed = (", ".join(columns[:40]) + (", …" if len(columns) > 40 else "")) or _("no named column")
    for name, column in mapping.items():
        if name not in FIELDS:
            text = _("There is no field “%(name)s”. The fields are: %(known)s.")
            return text % {"name": name, "known": ", ".join(FIELDS)}
        if column not in columns:
            text = _("There is no column “%(column)s” for %(field)s. The file has: %(columns)s.")
            return text % {"column": column, "field": name, "columns": listed}
    if "text" not in mapping:
        text = _(
            "None of the columns looks like the story's text. The file has: %(columns)s. "
            "Say which one it is: choose it in the form, or add --map text=COLUMN."
        )
        return text % {"columns": listed}
    return ""


def tag_key(kind: str, value: str) -> str:
    """Return the key a tag is stored under: words of a note as they are, `Self-criticism` as `self_criticism`."""
    return " ".join(value.split())[:80] if kind == "note" else plain(value)[:80]


def values_of(value: Any) -> list[str]:
    """Return the several values of one cell: a list, a JSON list in a string, or words between commas or bars."""
    if isinstance(value, str):
        if value.startswith("["):
            try:
                value = json.loads(value)
            except ValueError:
                value = re.sub(r"[\[\]'\"]", "", value)
        if isinstance(value, str):
            value = re.split(r"[,;|\n]", value)
    if not isinstance(value, (list, tuple)):
        value = [value]
    return [text for item in value if item is not None and (text := str(item).strip())][:MAX_TAGS]


def _words(value: object) -> str:
    """Return a cell as text; of a chat, what its last assistant turn says."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (list, tuple)) and value and all(isinstance(turn, dict) for turn in value):
        said = [
            turn.get("content", turn.get("value"))
            for turn in value
            if turn.get("role", turn.get("from")) in {"assistant", "gpt", "model"}
        ]
        if said and isinstance(said[-1], str):
            return said[-1]
    if isinstance(value, (list, dict)):
        raise Rejected(reasons.A_LIST)
    return str(value)


def keepable(value: object) -> object:
    """Return `value` as something a JSON column takes: no NUL, no lone surrogate, no NaN, long text cut at 2,000."""
    if isinstance(value, str):
        text = value if not why_not_storable(value) else "".join(
            "\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in value
        )  # fmt: skip
        return text if len(text) <= KEPT_VALUE else text[: KEPT_VALUE - 1] + "…"
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [keepable(item) for item in value[:200]]
    if isinstance(value, dict):
        return {str(keepable(str(key))): keepable(item) for key, item in list(value.items())[:200]}
    return keepable(str(value))


def keep(values: AnyMapping[str, object]) -> dict[str, object]:
    """Return the columns that no field took, as they were, up to 20,000 characters together."""
    kept: dict[str, object] = {}
    left = KEPT_ROW
    for column, value in values.items():
        if value is None or value == "":
            continue
        value = keepable(value)
        left -= len(column) + (len(value) if isinstance(value, str) else len(json.dumps(value)))
        if left < 0:
            kept["…"] = "The other columns were too long to keep; the imported file has them."
            break
        kept[str(keepable(column))] = value
    return kept


def story_from(
    values: AnyMapping[str, object],
    *,
    mapping: AnyMapping[str, str],
    defaults: AnyMapping[str, str],
    row: int | None = None,
) -> NewStory:
    """Return the story of one row, or raise `Rejected` with the reason.

    A value too long for its field is cut there and kept whole (up to 2,000 characters) among the original columns.
    """
    told = values.get(mapping["text"])
    if told is not None and not isinstance(told, str):
        raise Rejected(reasons.NO_STRING)
    text = with_lf(told or "")
    if reason := why_no_story(text):
        raise Rejected(reason)
    story = NewStory(text=text, row=row)
    rest = {column: value for column, value in values.items() if column not in mapping.values()}
    for name, column in mapping.items():
        if name == "text":
            continue
        one, value = FIELDS[name], values.get(column)
        if one.tag:
            story.tags += [(one.tag, key) for item in values_of(value) if (key := tag_key(one.tag, item))]
            continue
        words = with_lf(_words(value)).strip() if not isinstance(value, (list, tuple)) else ", ".join(values_of(value))
        if one.size and len(words) > one.size:
            rest[column] = words
            words = words[: one.size - 1] + "…"
        if words:
            story.fields[name] = words
    for name, default in defaults.items():
        story.fields.setdefault(name, default)
    for label, words in [*story.fields.items(), *story.tags]:
        if reason := why_not_storable(words):
            raise Rejected(f"{label}: {reason}")
    story.tags = list(dict.fromkeys(story.tags))
    story.original = keep(rest)
    return story
