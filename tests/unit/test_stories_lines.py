"""Records that are read whole are those that are read line by line, wherever the pieces of a file are cut."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.stories.readers import open_file
from curation.stories.readers.base import FileRow
from curation.stories.readers.delimited import Delimited
from curation.stories.readers.lines import BLOCK, LONGEST, DelimitedLines, plain_record
from curation.stories.readers.quoting import DELIMITERS, Dialect

PIECES = [
    '"',
    '""',
    '","',
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "a",
    "It said so.",
    " ",
    "\\",
    '\\"',
    "'",
    "1",
    "\0",
    "…",
]
WIDE = st.sampled_from([(BLOCK, LONGEST), (64, 32), (7, 5), (1, 1)])


def rows_of(path: Path, *, block: int, longest: int, whole: bool) -> list[FileRow]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("curation.stories.readers.lines.BLOCK", block)
        patched.setattr("curation.stories.readers.lines.LONGEST", longest)
        if not whole:
            patched.setattr("curation.stories.readers.delimited.plain_record", lambda *_: None)
        with open_file(path) as reader:
            assert isinstance(reader, Delimited)
            return list(reader.rows())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), st.sampled_from(",;\t"), WIDE)
def test_any_file_has_the_same_rows_as_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, body: str, sign: str, sizes: tuple[int, int]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "stories.csv"
    path.write_bytes(f'id{sign}"text"{sign}model\n1{sign}"One, “two”."{sign}m\n{body}'.encode())
    block, longest = sizes
    usual = rows_of(path, block=BLOCK, longest=LONGEST, whole=False)
    assert rows_of(path, block=block, longest=longest, whole=True) == usual
    assert rows_of(path, block=block, longest=longest, whole=False) == usual


@pytest.mark.parametrize("sign", DELIMITERS)
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_what_a_writer_of_tables_writes_is_read_whole(sign: str, quote: str, ends: str) -> None:
    rows = [["1", f"Tug,{sign} {quote}tide{quote}", ""], ["2", "", quote], ["", "…", "é"]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=sign, quotechar=quote, lineterminator=ends).writerows(rows)
    text.seek(0)
    lines, pattern = DelimitedLines(text), plain_record(Dialect(sign, quote), 3)
    assert pattern
    read = [lines.whole(pattern, quote) for _row in rows]
    assert [one and (one.cells, one.first, one.last) for one in read] == [
        (row, place, place) for place, row in enumerate(rows, start=1)
    ]
    assert lines.whole(pattern, quote) is None


def test_lines_are_counted_inside_cells() -> None:
    lines, pattern = DelimitedLines(io.StringIO('a,"b\r\nc\rd\ne"\r\nf,g\n', newline="")), plain_record(Dialect(), 2)
    assert pattern
    assert lines.whole(pattern, '"') == (["a", "b\r\nc\rd\ne"], 1, 4, "", False)
    assert lines.whole(pattern, '"') == (["f", "g"], 5, 5, "", False)


def test_a_file_of_other_records_is_hardly_looked_at_for_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, pattern = DelimitedLines(io.StringIO("1\n" * 20_000, newline="")), plain_record(Dialect(), 2)
    assert pattern
    source, tried = iter(lines), 0
    for _row in range(20_000):
        passed = lines._passed
        assert lines.whole(pattern, '"') is None
        tried += lines._passed <= passed
        next(source)
        lines.finish([])
    assert tried < 60


@pytest.mark.parametrize("dialect", [Dialect(quote=""), Dialect(escape=True), Dialect(space=True)])
def test_of_dialects_with_more_to_them_nothing_is_read_whole(dialect: Dialect) -> None:
    assert plain_record(dialect, 2) is None
    assert plain_record(Dialect(), 0) is plain_record(Dialect(), 1_000) is None
