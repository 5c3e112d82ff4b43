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
from curation.stories.readers.lines import BLOCK, LONGEST, DelimitedLines, EncodedText, plain_record
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
    "\x85",
    "\u2028",
    "🚢",
]
# Bytes that are no UTF-8, and such as begin a character and end none.
NO_TEXT = [b"\xff", b"\xe2\x80", b"\xf0\x9f", b"\x80"]
BODIES = st.lists(st.sampled_from([*map(str.encode, PIECES), *NO_TEXT]), max_size=60).map(b"".join)
WIDE = st.sampled_from([(BLOCK, LONGEST), (64, 32), (7, 5), (1, 1)])


def lines_of(text: str, codec: str = "utf-8") -> DelimitedLines:
    return DelimitedLines(EncodedText(io.BytesIO(text.encode(codec)), codec))


def rows_of(path: Path, *, block: int, longest: int, whole: bool) -> list[FileRow]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("curation.stories.readers.lines.BLOCK", block)
        patched.setattr("curation.stories.readers.lines.LONGEST", longest)
        if not whole:
            patched.setattr("curation.stories.readers.delimited.plain_record", lambda *_: None)
        with open_file(path, path.name, "utf-8") as reader:
            assert isinstance(reader, Delimited)
            return list(reader.rows())


@settings(max_examples=300, deadline=None)
@given(BODIES, st.sampled_from(",;\t"), WIDE)
def test_any_file_has_the_same_rows_as_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, sign: str, sizes: tuple[int, int]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "stories.csv"
    path.write_bytes(f'id{sign}"text"{sign}model\n1{sign}"One, “two”."{sign}m\n'.encode() + body)
    block, longest = sizes
    usual = rows_of(path, block=BLOCK, longest=LONGEST, whole=False)
    whole = rows_of(path, block=block, longest=longest, whole=True)
    assert whole == usual
    assert rows_of(path, block=block, longest=longest, whole=False) == usual
    for row in whole:
        assert {name: utf8.decode() for name, utf8 in row.utf8.items() if utf8}.items() <= row.values.items()


@pytest.mark.parametrize("sign", DELIMITERS)
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_what_a_writer_of_tables_writes_is_read_whole(sign: str, quote: str, ends: str) -> None:
    rows = [["1", f"Tug,{sign} {quote}tide{quote}", ""], ["2", "", quote], ["", "…", "é"]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=sign, quotechar=quote, lineterminator=ends).writerows(rows)
    lines, pattern = lines_of(text.getvalue()), plain_record(Dialect(sign, quote), 3)
    assert pattern
    read = [lines.whole(pattern, quote) for _row in rows]
    assert [one and (one.cells, one.first, one.last) for one in read] == [
        (row, place, place) for place, row in enumerate(rows, start=1)
    ]
    assert lines.whole(pattern, quote) is None


def test_lines_are_counted_inside_cells() -> None:
    lines, pattern = lines_of('a,"b\r\nc\rd\ne"\r\nf,g\n'), plain_record(Dialect(), 2)
    assert pattern
    assert lines.whole(pattern, '"') == (["a", "b\r\nc\rd\ne"], 1, 4, "", False, ())
    assert lines.whole(pattern, '"') == (["f", "g"], 5, 5, "", False, ())


def test_a_file_of_other_records_is_hardly_looked_at_for_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, pattern = lines_of("1\n" * 20_000), plain_record(Dialect(), 2)
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


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "gb18030"])
def test_a_file_is_read_in_its_encoding_wherever_it_is_cut(codec: str) -> None:
    text = "id,text\n1,“Tide” – it said…\n"
    read = EncodedText(io.BytesIO(text.encode(codec)), codec)
    assert read.text_of("".join(iter(lambda: read.read(3), ""))) == text
    assert read.has_nul == (codec == "utf-16")


def test_what_is_no_text_is_kept_as_lone_surrogates() -> None:
    read = EncodedText(io.BytesIO(b"Tide \xe2\x80, and on"), "utf-8")
    assert read.text_and_utf8(read.read(100)) == ("Tide \udce2\udc80, and on", None)


@pytest.mark.parametrize("block", [1, BLOCK])
@pytest.mark.parametrize("before", range(4))
def test_a_line_that_fills_the_memory_is_cut_between_characters(
    before: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curation.stories.readers.lines.BLOCK", block)
    monkeypatch.setattr("curation.stories.readers.lines.MAX_PIECE", 64)
    text = "a" * before + "🚢" * 40 + "\nb\n"
    read = list(lines_of(text))
    assert "".join(read) == text
    assert len(read) == 4


@pytest.mark.parametrize("byte", [b"\x80", b"\xff", b"\xe2"])
def test_a_line_that_is_no_text_at_all_is_read_to_its_end(byte: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curation.stories.readers.lines.MAX_PIECE", 64)
    read = list(DelimitedLines(EncodedText(io.BytesIO(byte * 200 + b"\nb\n"), "utf-8")))
    assert "".join(read).encode(errors="surrogateescape") == byte * 200 + b"\nb\n"
    assert max(map(len, read)) <= 64


def test_the_text_of_a_plain_record_is_known_in_utf8(tmp_path: Path) -> None:
    path = tmp_path / "stories.csv"
    path.write_text('id,text\n1,"He said ""no"" – twice…"\n2,Tide\n', encoding="utf-8")
    rows = rows_of(path, block=BLOCK, longest=LONGEST, whole=True)
    assert [row.utf8 for row in rows] == [{"id": None, "text": 'He said "no" – twice…'.encode()}, {}]
