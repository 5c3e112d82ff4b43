"""What a file of an annotated dataset holds: its questions, who answered them, and what models suggested."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from django.utils.translation import gettext as _

from curation.core.errors import InvalidInput
from curation.core.numbers import grouped
from curation.core.plain_text import ShallowLoader, parse_yaml
from curation.ratings_import.shapes import (
    AnnotatedRecord,
    FileLayout,
    Kind,
    Question,
    inferred,
    layout_of,
    record_of,
    told,
)
from curation.ratings_import.shapes.questions import Seen
from curation.stories.columns import MOST_COLUMNS
from curation.stories.readers import FileRow, FileUnreadable, Reader, open_file
from curation.stories.readers.columnar import Parquet

# The layout is found by so many rows; what is asked, and who answered, by all that a look goes through.
LAYOUT_ROWS, MOST_ROWS = 200, 5_000
SETTINGS = (".argilla/settings.json", "settings.json", "argilla.yaml", "argilla.cfg")
PEOPLE = ".argilla/users.json"
MOST_SETTINGS = 1 << 20
MOST_PEOPLE, MOST_AGENTS = 200, 50
# What a person says of a dataset they say of each question and option. Readers tell so many columns of JSON and so many
# inside its objects.
MOST_QUESTIONS, MOST_OPTIONS, MOST_OF_BOTH = 200, 500, 2 * MOST_COLUMNS


@dataclass(frozen=True)
class Look:
    """A dataset as far as its file tells. `whole` says that all rows were looked at.

    `people` and `agents` are counted by their responses and suggestions; `names` says what people are called, where the
    file says so. `statuses` are counted by response.
    """

    layout: FileLayout
    questions: tuple[Question, ...]
    columns: tuple[str, ...]
    guidelines: str = ""
    rows: int = 0
    whole: bool = True
    people: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    suggested: frozenset[str] = frozenset()

    def question(self, name: str) -> Question | None:
        """Return the question of this name."""
        return next((one for one in self.questions if one.name == name), None)


@dataclass
class AnnotatedDataset:
    """An open file with the layout that it has, from which records are read."""

    reader: Reader
    layout: FileLayout
    classes: Mapping[str, Sequence[str | None]]

    def records(self) -> Iterator[tuple[FileRow, AnnotatedRecord | None]]:
        """Yield every row with its record, None for a row that cannot be read."""
        for row in self.reader.rows():
            yield row, None if row.problem else record_of(row.values, self.layout, self.classes)


@contextmanager
def opened(path: Path, file_name: str) -> Iterator[AnnotatedDataset]:
    """Open a file as an annotated dataset. Raises `InvalidInput` for one that is none, or that cannot be read."""
    try:
        with open_file(path, file_name, "") as reader:
            rows = [row.values for row in islice(reader.rows(), LAYOUT_ROWS) if not row.problem]
            _refuse_more(_("columns"), len(reader.columns), MOST_OF_BOTH)
            layout = layout_of(reader.columns, rows)
            if layout is None:
                raise InvalidInput(
                    _(
                        "This is no dataset of Argilla: it has neither responses nor suggestions. Export it with "
                        "“dataset.to_disk()”, “dataset.records.to_json()” or “dataset.to_hub()”; stories without "
                        "ratings are imported on the page “Import”."
                    )
                )
            yield AnnotatedDataset(reader, layout, classes_in(reader))
    except FileUnreadable as error:
        raise InvalidInput(str(error)) from error


def look(path: Path, file_name: str) -> Look:
    """Look through a file, at `MOST_ROWS` rows at most. Raises `InvalidInput` as `opened` does."""
    settings, names = beside(path)
    with opened(path, file_name) as dataset:
        seen: dict[str, Seen] = {name: Seen() for name in dataset.layout.questions}
        people, agents, statuses = Counter[str](), Counter[str](), Counter[str]()
        lengths: Counter[str] = Counter()
        suggested: set[str] = set()
        rows, whole = 0, True
        for row, record in dataset.records():
            if rows == MOST_ROWS:
                whole = False
                break
            rows += 1
            if record is None:
                continue
            for name in dataset.layout.fields:
                value = record.fields.get(name.removeprefix("fields."))
                lengths[name] += len(value) if isinstance(value, str) else 0
            for response in record.responses:
                people[response.person] += 1
                statuses[response.status] += 1
                for name, value in response.answers.items():
                    seen.setdefault(name, Seen()).add(value)
            for one in record.suggestions:
                agents[one.agent] += 1
                suggested.add(one.question)
                seen.setdefault(one.question, Seen()).add(one.value)
            del row
        questions = inferred(seen, told(settings))
        _refuse_more(_("questions"), len(questions), MOST_QUESTIONS)
        _refuse_more(_("options of questions"), sum(len(one.options) for one in questions), MOST_OPTIONS)
        return Look(
            layout=dataset.layout,
            questions=questions,
            columns=tuple(dataset.reader.columns),
            guidelines=settings["guidelines"][:10_000] if isinstance(settings.get("guidelines"), str) else "",
            rows=rows,
            whole=whole,
            people=dict(people.most_common(MOST_PEOPLE)),
            agents=dict(agents.most_common(MOST_AGENTS)),
            names=names,
            statuses=dict(statuses),
            lengths=dict(lengths),
            suggested=frozenset(suggested),
        )


def _refuse_more(what: str, found: int, most: int) -> None:
    if found > most:
        text = _("This has %(n)s %(what)s, and an import takes %(most)s at most. Leave out what is not to be imported.")
        raise InvalidInput(text % {"n": grouped(found), "what": what, "most": grouped(most)})


def beside(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings that an archive has beside its records, and what people are called; else nothing."""
    if not zipfile.is_zipfile(path):
        return {}, {}
    with zipfile.ZipFile(path) as archive:
        names = sorted(archive.namelist(), key=len)
        settings: dict[str, Any] = {}
        for wanted in SETTINGS:
            found = next((name for name in names if name == wanted or name.endswith(f"/{wanted}")), "")
            if found and (read := _read(archive, found)):
                settings = read
                break
        users = next((name for name in names if name == PEOPLE or name.endswith(f"/{PEOPLE}")), "")
        people = _read(archive, users) if users else {}
        return settings, {key: str(value)[:150] for key, value in people.items() if isinstance(value, str)}


def _read(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if archive.getinfo(name).file_size > MOST_SETTINGS:
        return {}
    try:
        content = archive.read(name).decode("utf-8-sig", errors="replace")
        read = json.loads(content) if name.endswith(".json") else parse_yaml(content, ShallowLoader)
    except (ValueError, RecursionError, yaml.YAMLError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return {}
    return read if isinstance(read, dict) else {}


def classes_in(reader: Reader) -> dict[str, list[str | None]]:
    """Return the labels of the columns of a Parquet file that hold their numbers instead, as `datasets` writes them."""
    child = getattr(reader, "child", reader)
    if not isinstance(child, Parquet):
        return {}
    with child.readable(), child.seekable() as stream:
        return _classes(pq.read_schema(stream))


def _classes(schema: pa.Schema) -> dict[str, list[str | None]]:
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: [None if one is None else str(one) for one in about["names"]]
            for name, about in features.items()
            if isinstance(about, dict) and about.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, ValueError):
        return {}


def is_shown(question: Question) -> bool:
    """Whether a question has options that a person may say something of, one by one."""
    return question.kind in {Kind.RATING, Kind.LABEL, Kind.MULTI_LABEL, Kind.SPAN} and bool(question.options)
