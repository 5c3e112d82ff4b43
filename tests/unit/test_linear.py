"""Whatever text arrives, the time for it grows with its length and not with the square of it."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from curation.stories import readers, text_checks
from curation.stories.mapping import guess, story_from
from curation.stories.readers.archive import Archive
from curation.stories.readers.base import Reader
from curation.stories.readers.columnar import Arrow, Parquet
from curation.stories.readers.detect import open_file
from tests.growth import Call, found, too_slow

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


def every(name: str) -> int:
    """How many of the texts of one piece are passed over: none where stories are read, half elsewhere."""
    return 1 if name.startswith("curation.stories") else 2


@pytest.mark.parametrize("part", range(PARTS))
def test_time_grows_with_the_length_of_a_text(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(calls())[part::PARTS]
    monkeypatch.chdir(tmp_path)
    assert {name: told for name in names if (told := too_slow(calls()[name], every=every(name)))} == {}
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
    assert too_slow(planted(function))


def test_the_square_is_noticed_in_a_method() -> None:
    module = ModuleType("planted")
    Words.__module__ = module.__name__
    module.Words = Words  # type: ignore[attr-defined]
    assert too_slow(found([module])["planted.Words.ending(self)"])


def test_what_grows_with_the_length_is_let_through() -> None:
    assert not too_slow(planted(spaces_removed))


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
    assert not too_slow(Call(reading(tmp_path / f"a.{name}", before, after), "text"), every=2)


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
