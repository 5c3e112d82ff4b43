"""What the rows of a file would become: new, there already, rejected; and which of its tags are known."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curation.core.errors import InvalidInput
from curation.standards.queries import names_by_kind
from curation.stories.fields import FIELDS
from curation.stories.mapping import Rejected, RowMapping
from curation.stories.models import Story
from curation.stories.readers import Encoding, FileRow, FileUnreadable, encoding_named, open_file
from curation.stories.text import fingerprint

# A look stays short: it ends after so many rows, code points of text in them, or bytes of the file.
MOST_ROWS, MOST_CHARS, MOST_BYTES = 1_000, 4_000_000, 32_000_000
VALUES_SHOWN = 24
ISSUES_KEPT = 20


@dataclass(frozen=True)
class Value:
    """A value of a tag column: the key it would be stored under, in how many stories, and the name it is known by."""

    key: str
    n: int
    name: str


@dataclass
class Survey:
    """Counts of the rows looked at; `whole` says that those were all.

    `issues` holds the first rejected rows as (row, reason), `values` a tag field's commonest values and `unknown` all
    of its values, commonest first, that name no principle and no theme; fields without one are left out there.
    """

    rows: int = 0
    new: int = 0
    duplicates: int = 0
    rejected: int = 0
    whole: bool = True
    issues: list[tuple[int, str]] = field(default_factory=list)
    values: list[tuple[str, list[Value]]] = field(default_factory=list)
    unknown: list[tuple[str, list[Value]]] = field(default_factory=list)


def survey(
    *,
    path: Path,
    file_name: str,
    mapping: Mapping[str, str],
    defaults: Mapping[str, str] | None = None,
    encoding: str = "",
    found: Mapping[str, Encoding] | None = None,
    whole: bool = False,
) -> Survey:
    """Go through the first rows of a file as an import would, or through the `whole` file, and store nothing.

    `mapping` is field -> column and names the text, `encoding` what a person chose, `found` what a preview found. One
    statement for a thousand stories, and one for the standards. `InvalidInput` says why the file cannot be read.
    """
    counts, tags, chars = Survey(), Counter[tuple[str, str]](), 0
    seen, fresh = set[str](), set[str]()
    rows = RowMapping(mapping, defaults=defaults or {})
    try:
        with open_file(path, file_name, encoding and encoding_named(encoding), dict(found or {})) as reader:
            if whole:
                reader.verify()
            for row in reader.rows():
                enough = counts.rows == MOST_ROWS or chars > MOST_CHARS or reader.position() > MOST_BYTES
                if enough and not whole:
                    counts.whole = False
                    break
                counts.rows += 1
                chars += sum(len(value) for value in row.values.values() if isinstance(value, str))
                try:
                    story = rows.story(_sound(row))
                except Rejected as reason:
                    counts.rejected += 1
                    if len(counts.issues) < ISSUES_KEPT:
                        counts.issues.append((row.number, str(reason)))
                    continue
                tags.update(story.tags)
                fresh.add(fingerprint(story.text, story.utf8).normal_sha256)
                if len(fresh) == MOST_ROWS:
                    counts.new += _new(fresh, seen)
    except FileUnreadable as error:
        raise InvalidInput(str(error)) from error
    counts.new += _new(fresh, seen)
    counts.duplicates = counts.rows - counts.rejected - counts.new
    if any(FIELDS[name].tag in {"principle", "theme"} for name in mapping):
        _look_up(counts, tags, mapping)
    return counts


def _sound(row: FileRow) -> Mapping[str, object]:
    if row.problem:
        raise Rejected(row.problem)
    return row.values


def _new(fresh: set[str], seen: set[str]) -> int:
    """Return how many of these fingerprints are neither stored nor among `seen`, and move them there."""
    fresh -= seen
    there = Story.objects.filter(normal_sha256__in=fresh).count() if fresh else 0
    n = len(fresh) - there
    seen |= fresh
    fresh.clear()
    return n


def _look_up(found: Survey, tags: Counter[tuple[str, str]], mapping: Mapping[str, str]) -> None:
    """Say by which names the values of each tag field are known."""
    known = names_by_kind()
    for name, one in FIELDS.items():
        if name in mapping and one.tag in known:
            names, label = known[one.tag], str(one.label)
            values = [Value(key, n, names.name_of(key)) for (kind, key), n in tags.most_common() if kind == one.tag]
            found.values.append((label, values[:VALUES_SHOWN]))
            if unknown := [value for value in values if not value.name and names.by_key]:
                found.unknown.append((label, unknown))
