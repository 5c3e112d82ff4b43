"""Which column of a file is which field of a story, and turning one row into a story to store."""

import json
import math
import re
from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import gettext as _

from curation.core.plain_text import NameTwice, with_lf
from curation.stories import reasons
from curation.stories.cells import MAX_TAGS, is_list, is_nothing, values_of
from curation.stories.chats import Turn, asked, told, turns_of
from curation.stories.columns import MOST_COLUMNS, cell, without
from curation.stories.fields import FIELDS
from curation.stories.languages import tag_of
from curation.stories.licence_names import spdx
from curation.stories.text import as_story, storable, why_not_storable

KEPT_VALUE, KEPT_ROW = 2_000, 20_000
# A text that may be a chat, as JSON or printed, begins with one of these.
CHATTY = ("[", "{", "a", " ", "\n", "\r", "\t")
# Fields that are kept as the standard that they follow writes them. A licence that is none of the known ones is kept as
# it was written, so that a curator can read what was said.
NORMALISED: dict[str, Callable[[str], str]] = {
    "language": tag_of,
    "license": lambda written: spdx(written) or written,
}
# Fields whose words are taken as they are, where a name like Nan or a list could be meant.
VERBATIM = {"title", "prompt", "original_id"}


@dataclass(slots=True)
class NewStory:
    """A story that can be stored: `text` has LF line ends, every value fits its column, `tags` are (kind, key).

    `utf8` is the text in UTF-8.
    """

    text: str
    utf8: bytes
    fields: dict[str, str] = field(default_factory=dict)
    tags: list[tuple[str, str]] = field(default_factory=list)
    original: dict[str, object] = field(default_factory=dict)
    row: int | None = None


class Rejected(ValueError):
    """This row cannot be stored; the message says why."""


def plain(name: str) -> str:
    """Return a column's name in lower case with everything else than letters and digits as single underscores."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def guess(columns: Sequence[str], given: AnyMapping[str, str] | None = None) -> dict[str, str]:
    """Return field -> column for every field that some column is named after. A column serves one field only.

    What is `given` stays so, and its columns serve no other field.
    """
    found = dict(given or {})
    by_name: dict[str, str] = {}
    for column in columns:
        if column not in found.values():
            by_name.setdefault(plain(column), column)
    for name, one in FIELDS.items():
        if name in found:
            continue
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


def said(value: object) -> str:
    """Return what a cell of the story's column tells: its text, or of a chat what the assistant says last.

    Raises `Rejected` where it tells nothing.
    """
    return _told(value)[0]


def _told(value: object) -> tuple[str, str]:
    """Return the story in a cell, and the prompt that a chat has for it."""
    if (turns := _turns(value)) is not None:
        story, prompt = told(turns)
        if not story:
            raise Rejected(reasons.NO_TURN)
        return story, prompt
    if is_nothing(value, exactly=True):
        raise Rejected(reasons.NO_TEXT)
    if not isinstance(value, str):
        raise Rejected(reasons.A_LIST if isinstance(value, (list, tuple, dict)) else reasons.NO_STRING)
    return value, ""


def _turns(value: object) -> list[Turn] | None:
    """Return the turns of a chat in a cell. Raises `Rejected` where it is not clear what they are."""
    if isinstance(value, str) and value[:1] not in CHATTY:
        return None
    try:
        return turns_of(value)
    except NameTwice as error:
        raise Rejected(reasons.NAME_TWICE % {"name": storable(error.name)}) from error


def _words(name: str, value: object) -> str:
    """Return the words of a cell for a field that is no tag and not the story; of a chat, what the user says last."""
    if name in VERBATIM:
        if isinstance(value, (str, list, dict)) and (turns := _turns(value)):
            return asked(turns)
        if is_nothing(value, exactly=True):
            return ""
    elif is_nothing(value):
        return ""
    if isinstance(value, (list, tuple)) or (name not in VERBATIM and isinstance(value, str) and is_list(value)):
        return ", ".join(values_of(value))
    return "" if isinstance(value, dict) else str(value)


def keepable(value: object) -> object:
    """Return `value` as something a JSON column takes: no NUL, no lone surrogate, no NaN, long text cut at 2,000."""
    if isinstance(value, str):
        text = storable(value[: KEPT_VALUE + 1])
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
        kept[_kept_name(column)] = value
    return kept


@lru_cache(MOST_COLUMNS)
def _kept_name(column: str) -> str:
    return str(keepable(column))


class RowMapping:
    """Which column of a file is which field of its stories.

    `mapping` is field -> column, `defaults` is field -> what it is where a row has none, and columns that `left_out`
    names are not kept with a story.
    """

    def __init__(
        self, mapping: AnyMapping[str, str], *, defaults: AnyMapping[str, str], left_out: Collection[str] = ()
    ) -> None:
        self._text = mapping["text"]
        self._fields = [
            (name, column, FIELDS[name], NORMALISED.get(name)) for name, column in mapping.items() if name != "text"
        ]
        self._taken = {*mapping.values(), *left_out}
        self._defaults = {
            name: NORMALISED[name](default) if name in NORMALISED else default for name, default in defaults.items()
        }

    def story(
        self,
        values: AnyMapping[str, object],
        row: int | None = None,
        known: AnyMapping[str, bytes | None] | None = None,
    ) -> NewStory:
        """Return the story of one row, or raise `Rejected` with the reason.

        A value too long for its field is cut there and kept whole (up to 2,000 characters) among the original columns.
        `known` are values in UTF-8.
        """
        value = cell(values, self._text)
        words, prompt = _told(value)
        text = with_lf(words)
        utf8, reason = as_story(text, known.get(self._text) if known and text is value else None)
        if reason:
            raise Rejected(reason)
        story, rest = NewStory(text=text, utf8=utf8, row=row), without(values, self._taken)
        for name, column, one, normalised in self._fields:
            value = cell(values, column)
            if one.tag:
                keys = [key for item in values_of(value) if (key := tag_key(one.tag, item))]
                story.tags += [(one.tag, key) for key in keys[:MAX_TAGS]]
                # What is no tag, or more than are taken, stays with the story.
                inner = value if isinstance(value, list) else [value]
                if len(keys) > MAX_TAGS or any(isinstance(item, (dict, list)) for item in inner):
                    rest[column] = value
                continue
            words = with_lf(_words(name, value)).strip()
            if isinstance(value, dict) and not words:
                rest[column] = value
            if normalised and words:
                written, words = words, normalised(words)
                if words != written:
                    rest[column] = value
            if one.size and len(words) > one.size:
                rest[column] = words
                words = words[: one.size - 1] + "…"
            if words or (normalised and not is_nothing(value)):
                story.fields[name] = words
        if prompt:
            story.fields.setdefault("prompt", with_lf(prompt).strip())
        for name, default in self._defaults.items():
            story.fields.setdefault(name, default)
        for label, words in [*story.fields.items(), *story.tags]:
            if reason := why_not_storable(words):
                raise Rejected(f"{label}: {reason}")
        story.tags = list(dict.fromkeys(story.tags))
        story.original = keep(rest)
        return story


def story_from(
    values: AnyMapping[str, object], *, mapping: AnyMapping[str, str], defaults: AnyMapping[str, str]
) -> NewStory:
    """Return the story of a row on its own, or raise `Rejected` with the reason: see `RowMapping`."""
    return RowMapping(mapping, defaults=defaults).story(values)
