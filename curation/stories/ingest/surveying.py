"""What the first rows of a file would become: new, there already, rejected; and which of its tags are known."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curation.core.errors import InvalidInput
from curation.standards.queries import Names, names_by_kind
from curation.stories.fields import FIELDS
from curation.stories.mapping import Rejected, story_from
from curation.stories.models import Story
from curation.stories.readers import Row, Unreadable, encoding_named, open_file
from curation.stories.text import fingerprint

# A look stays short: it ends after so many rows, or so many code points of story text.
MOST_ROWS, MOST_CHARS = 1_000, 4_000_000
VALUES_SHOWN = 24


@dataclass(frozen=True)
class Value:
    """A value of a tag column: the key it would be stored under, in how many stories, and the name it is known by."""

    key: str
    n: int
    name: str


@dataclass
class Survey:
    """Counts of the rows looked at; `whole` says that those were all. `values` holds a field's commonest values."""

    rows: int = 0
    new: int = 0
    duplicates: int = 0
    rejected: int = 0
    whole: bool = True
    values: list[tuple[str, list[Value]]] = field(default_factory=list)

    @property
    def unknown(self) -> int:
        """How many of the values shown name no principle and no theme."""
        return sum(not value.name for _label, values in self.values for value in values)


def survey(*, path: Path, file_name: str, mapping: Mapping[str, str], encoding: str = "") -> Survey:
    """Go through the first rows of a file as an import would, in at most two statements, and store nothing.

    `mapping` is field -> column and names the text, `encoding` what a person chose. `InvalidInput` says why the file
    cannot be read.
    """
    found, tags, prints, chars = Survey(), Counter[tuple[str, str]](), list[str](), 0
    try:
        with open_file(path, file_name, encoding and encoding_named(encoding)) as reader:
            for row in reader.rows():
                if found.rows == MOST_ROWS or chars > MOST_CHARS:
                    found.whole = False
                    break
                found.rows += 1
                try:
                    story = story_from(_sound(row), mapping=mapping, defaults={})
                except Rejected:
                    found.rejected += 1
                    continue
                chars += len(story.text)
                prints.append(fingerprint(story.text).normal_sha256)
                tags.update(story.tags)
    except Unreadable as error:
        raise InvalidInput(str(error)) from error
    there = Story.objects.filter(normal_sha256__in=prints).values_list("normal_sha256", flat=True) if prints else []
    found.new = len(set(prints) - set(there))
    found.duplicates = len(prints) - found.new
    if any(FIELDS[name].tag in {"principle", "theme"} for name in mapping):
        found.values = _values(tags, names_by_kind(), mapping)
    return found


def _sound(row: Row) -> Mapping[str, object]:
    if row.problem:
        raise Rejected(row.problem)
    return row.values


def _values(
    tags: Counter[tuple[str, str]], known: dict[str, Names], mapping: Mapping[str, str]
) -> list[tuple[str, list[Value]]]:
    shown = []
    for name, one in FIELDS.items():
        if name in mapping and one.tag in known:
            names = known[one.tag]
            common = [(key, n) for (kind, key), n in tags.most_common() if kind == one.tag][:VALUES_SHOWN]
            shown.append((str(one.label), [Value(key, n, names.name_of(key)) for key, n in common]))
    return shown
