"""Markdown and plain text: one file is one story, with its front matter as fields."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml
from django.utils.translation import gettext as _

from curation.core.plain_text import ShallowLoader, parse_yaml
from curation.stories import reasons
from curation.stories.fields import FIELDS
from curation.stories.readers.base import MAX_PIECE, MOST_TOLD, Encoding, FileRow, NamedBytes, Reader, Unlike, row_of
from curation.stories.readers.encoding import decode

KNOWN = {guess for field in FIELDS.values() for guess in field.guesses}
SUFFIXES = {".md", ".markdown", ".txt", ".text"}
FRONT = re.compile(r"\A---[ \t]*\n(.{0,65536}?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
KEY = re.compile(r"""(?:[ \t]*#[^\n]*\n)*["']?([^\s:"'][^:\n"']{0,60})["']?[ \t]*:(?:\s|\Z)""")
HEADING = re.compile(r"\A\s*#[ \t]+([^\s][^\n]*)\n*")


class NoAliases(ShallowLoader):
    """YAML without references, a few lines of which can unfold to fill the memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node, refusing references."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references (*name) are not read here")
        return super().compose_node(parent, index)


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Split `text` into its YAML front matter, empty if it has none, and the rest. Raises `yaml.YAMLError`."""
    match = FRONT.match(text)
    # A blank line or prose after it makes the line a break between scenes, and all of it story.
    first = KEY.match(match[1] or "") if match else None
    if not match or not first or not _is_field(first[1]):
        return {}, text
    fields = parse_yaml(match[1], NoAliases)
    if not isinstance(fields, dict) or not all(_is_field(str(key)) for key in fields):
        return {}, text
    return {str(key): value for key, value in fields.items()}, text[match.end() :]


def _is_field(key: str) -> bool:
    """Return whether `key` is rather the name of a field than of somebody who says something in a scene."""
    return bool(re.fullmatch(r"[a-z][a-z0-9_.-]*", key)) or re.sub(r"[\W_]+", "_", key.casefold()) in KNOWN


def heading_on_top(text: str) -> tuple[str, int]:
    """Return the heading that `text` begins with, without the signs around it, and where it ends; else an empty one."""
    match = HEADING.match(text)
    if not match:
        return "", 0
    words = match[1].rstrip(" \t")
    return words.rstrip("#").rstrip(" \t") or words, match.end()


def title_from_name(name: str) -> str:
    """Return a title from a file's name: `the-long-night_02.md` is "The long night 02"."""
    words = re.sub(r"[\s_-]+", " ", PurePosixPath(name).stem).strip()
    return words[:1].upper() + words[1:]


def story_in(blob: NamedBytes, text: str, number: int) -> FileRow:
    """Return the story in a file's `text`. Its title is the front matter's, a heading on top, or the file's name."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        fields, text = front_matter(text)
    except yaml.YAMLError as error:
        problem = reasons.NO_FRONT % {"file": blob.name, "error": str(error).splitlines()[0]}
        return FileRow(number, {"file": blob.name}, problem)
    title = fields.pop(next((key for key in fields if key.casefold() == "title"), ""), None)
    heading, end = heading_on_top(text) if PurePosixPath(blob.name).suffix.lower() in {".md", ".markdown"} else ("", 0)
    # A heading that only repeats the title goes too; another heading is part of the story.
    if heading and (title is None or str(title).strip() == heading):
        text = text[end:]
    title = title or heading
    values = {"text": text.strip("\n"), "title": str(title or title_from_name(blob.name)), "file": blob.name}
    for key, value in fields.items():
        values[key if key not in values else f"{key} (front matter)"] = value
    return row_of(number, values)


class ProseReader(Reader):
    """Reads files of prose, in the order of their names."""

    format = "text"

    def __init__(self, blobs: Sequence[NamedBytes], encoding: Encoding | None = None) -> None:
        super().__init__(blobs[0], encoding)
        self.blobs = blobs
        self.done = 0
        self.read_as: dict[str, Encoding] = {}

    def look(self) -> list[str]:
        columns = list(dict.fromkeys(["text", "title", "file", *super().look()]))
        if noted := {name: one for name, one in self.read_as.items() if len(self.blobs) > 1 and one.note}:
            listed = [f"{name} ({one.codec})" for name, one in noted.items()]
            told = ", ".join(listed[:MOST_TOLD]) + (", …" if len(listed) > MOST_TOLD else "")
            self.notes.append(_("Not UTF-8, so look at the quotes and accents of: %(files)s.") % {"files": told})
        self.encoding_open = self.encoding_open or any(one.open for one in self.read_as.values())
        return columns

    def rows(self) -> Iterator[FileRow]:
        self.read_as = {}
        for number, blob in enumerate(self.blobs, start=1):
            yield self._row(blob, number)
            self.done = number

    def _row(self, blob: NamedBytes, number: int) -> FileRow:
        with blob.open() as stream:
            data = stream.read(MAX_PIECE + 1)
        if len(data) > MAX_PIECE:
            return FileRow(
                number, {"file": blob.name}, reasons.TOO_LARGE % {"file": blob.name, "most": f"{MAX_PIECE:,}"}
            )
        try:
            text, encoding = decode(data, blob.encoding, blob.name, shared=blob.shared)
        except Unlike as unlike:
            return FileRow(number, {"file": blob.name}, unlike.reason)
        if encoding.codec != "utf-8" or encoding.note:
            self.read_as[blob.name] = encoding
        return story_in(blob, text, number)
