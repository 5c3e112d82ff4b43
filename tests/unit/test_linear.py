"""Whatever text arrives, the time for it grows with its length and not with the square of it.

`tests/faults` has the same with longer texts, and all of them for every function.
"""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from curation.core.errors import InvalidInput
from curation.ratings_import.looking import look
from curation.stories import readers, text_checks
from curation.stories.mapping import guess, story_from
from curation.stories.readers.archive import Archive
from curation.stories.readers.base import Reader
from curation.stories.readers.columnar import Arrow, Parquet
from curation.stories.readers.detect import open_file
from tests.growth import ELSEWHERE, READING, Call, found, place_of, screened, too_slow, usual_depth

calls = cache(found)
# The functions are measured in this many tests, so that these can run beside each other.
PARTS = 8
# What a file begins and ends with, so that what is between is read by the reader that is named.
FILES = {
    "csv": ("Delimited", "title,text\nA,", "\nB,It waited.\n"),
    "tsv": ("Delimited", "title\ttext\nA\t", "\nB\tIt waited.\n"),
    "jsonl": ("JsonLines", '{"text": "It waited."}\n', '\n{"text": "It waited."}\n'),
    "inside.jsonl": ("JsonLines", '{"text": "', '"}\n'),
    "json": ("JsonArray", '[{"text": "It waited."},', "]"),
    "md": ("ProseReader", "---\ntitle: a\n---\n", "\n"),
    "txt": ("ProseReader", "It waited. ", "\n"),
    "many.json": ("JsonSequence", '{"title": "A",\n"text": "It waited."}\n{"text": "', '"}'),
    "whole.json": ("JsonObject", '{"title": "A",\n"text": "It waited."', "\n}"),
}
# They read numbered pieces of bytes, which no text can stretch.
BINARY = {Archive, Arrow, Parquet}


@pytest.mark.parametrize("part", range(PARTS))
def test_time_grows_with_the_length_of_a_text(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(calls())[part::PARTS]
    monkeypatch.chdir(tmp_path)
    assert {name: told for name in names if (told := too_slow(calls()[name], usual_depth(name), name))} == {}
    assert not list(tmp_path.iterdir()), "What writes files has no place here: a text would name them."


def test_what_looks_at_texts_is_found_without_being_listed() -> None:
    names = {name.partition("(")[0].rsplit(".", 1)[-1] for name in calls()}
    assert names >= {rule.__name__ for rule in text_checks.RULES}
    assert names >= {
        "normal_form", "fingerprint", "signature", "values_of", "turns_of", "said", "tag_of", "spdx", "source_key",
        "front_matter", "heading_on_top", "read", "drafts", "terms", "find_encoding", "unmarked_maybe", "choices",
        "find_dialect", "loosely", "paragraphs", "cell", "see", "matches", "guess", "keepable", "story_from", "once",
        "rendered", "storable", "make_span", "in_form",
    }  # fmt: skip


def test_each_text_is_tried_by_functions_everywhere() -> None:
    elsewhere = [name for name in calls() if usual_depth(name) == ELSEWHERE]
    assert {place_of(name, ELSEWHERE) for name in elsewhere} == set(range(ELSEWHERE.one_in))
    assert len(screened()) > 100 * READING.one_in


def planted(function: Callable[..., object]) -> Call:
    """The one call that is found in a module with this function."""
    module = ModuleType("planted")
    function.__module__ = module.__name__
    setattr(module, function.__name__, function)
    (call,) = found([module]).values()
    return call


def spaces_at_the_end(text: str) -> object:
    return re.search(r"\s+$", text)


def keys_that_come_twice(keys: list[str]) -> list[str]:
    return [key for key in keys if keys.count(key) > 1]


class Words:
    def __init__(self, text: str) -> None:
        self.text = text

    def ending(self) -> object:
        return re.search(r"-+$", self.text)


def spaces_removed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("function", [spaces_at_the_end, keys_that_come_twice])
def test_the_square_is_noticed(function: Callable[..., object]) -> None:
    assert too_slow(planted(function), ELSEWHERE)


def test_the_square_is_noticed_in_a_method() -> None:
    module = ModuleType("planted")
    Words.__module__ = module.__name__
    module.Words = Words  # type: ignore[attr-defined]
    assert too_slow(found([module])["planted.Words.ending(self)"], READING)


def test_what_grows_with_the_length_is_let_through() -> None:
    assert not too_slow(planted(spaces_removed), READING)


def reading(path: Path, before: str, after: str) -> Callable[[str], None]:
    """Return what reads a file with a text in it, row by row, up to its stories."""

    def read(text: str) -> None:
        path.write_bytes((before + text + after).encode("utf-8", "surrogatepass"))
        with open_file(path) as reader:
            mapping = {"text": reader.columns[0], **guess(reader.columns)}
            for row in reader.rows():
                if not row.problem:
                    story_from(row.values, mapping=mapping, defaults={})

    return read


@pytest.mark.parametrize("name", FILES)
def test_reading_a_file_takes_no_more_than_its_length_says(name: str, tmp_path: Path) -> None:
    _reader, before, after = FILES[name]
    assert not too_slow(Call(reading(tmp_path / f"a.{name}", before, after), "text"), replace(READING, one_in=2), name)


def looking(path: Path, written: Callable[[str], str]) -> Callable[[str], None]:
    """Return what looks through an annotated dataset that is made of a text."""

    def look_through(text: str) -> None:
        path.write_text(written(text), encoding="utf-8", errors="replace")
        with suppress(InvalidInput):
            look(path, path.name)

    return look_through


def record(text: str, **parts: object) -> str:
    return json.dumps([{"fields": {"text": "It waited."}, "responses": {}, "suggestions": {}, **parts}])


def pieces(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("header of a task.csv", lambda text: f'annotation,prediction,"{text}\na,b,c\n'),
        ("header of questions.csv", lambda text: f"q.responses,{text}\na,b\n"),
        ("many columns.csv", lambda text: f"annotation,{','.join(map(str, range(len(text) // 8)))}\na,b\n"),
        ("a text.json", lambda text: record(text, fields={"text": text})),
        ("answers.json", lambda text: record(text, responses={"q": [{"value": one} for one in pieces(text)]})),
        ("numbers.json", lambda text: record(text, responses={"q": [{"value": n} for n in range(len(text) // 16)]})),
        ("questions.json", lambda text: record(text, responses={f"{n}": [{"value": text[:9]}]
                                                                for n in range(len(text) // 40)})),
        ("suggestions.json", lambda text: record(text, suggestions=[
            {"question_name": one, "value": one, "agent": one} for one in pieces(text)])),
        ("passages.json", lambda text: record(text, responses={"q": [{"value": [
            {"start": 0, "end": 1, "label": one} for one in pieces(text)]}]})),
    ],
)  # fmt: skip
def test_looking_through_an_annotated_dataset_takes_no_more_than_its_length_says(
    name: str, written: Callable[[str], str], tmp_path: Path
) -> None:
    assert not too_slow(Call(looking(tmp_path / name, written), "text"), ELSEWHERE, name)


def test_a_file_of_every_reader_of_text_is_measured(tmp_path: Path) -> None:
    for module in pkgutil.iter_modules(readers.__path__, f"{readers.__name__}."):
        importlib.import_module(module.name)
    every, left = set(), [Reader]
    while left:
        one = left.pop()
        left += one.__subclasses__()
        if not one.__subclasses__() and one.__module__.startswith("curation") and not inspect.isabstract(one):
            every.add(one)
    for name, (reader, before, after) in FILES.items():
        path = tmp_path / f"a.{name}"
        path.write_text(before + after)
        with open_file(path) as opened:
            assert type(opened).__name__ == reader, name
    assert {one.__name__ for one in every - BINARY} == {reader for reader, _before, _after in FILES.values()}
