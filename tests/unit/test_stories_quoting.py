"""Tables as people's programs write them: every way to divide and quote, and rows that break it."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.stories.columns import named
from curation.stories.readers import FileRow, open_file

PLAIN = "The lamp was lit, and the keeper slept."


def read(folder: Path, content: str, name: str = "table.csv") -> list[FileRow]:
    path = folder / name
    path.write_bytes(content.encode())
    with open_file(path, name) as reader:
        return list(reader.rows())


def cells(rows: list[FileRow]) -> list[list[Any]]:
    return [list(row.values.values()) for row in rows if not row.problem]


def problems(rows: list[FileRow]) -> list[tuple[int, str]]:
    return [(row.number, row.problem) for row in rows if row.problem]


@pytest.mark.parametrize("sign", ["\t", ";", "|"])
def test_quotes_of_a_table_without_quoting_stay_in_the_text(tmp_path: Path, sign: str) -> None:
    told = ['"Stay," said Odile.', '"I shall tell them, it said.', "Plain.", '"Good," they said. "Go."', 'He said "no"']
    rows = read(tmp_path, "\n".join(sign.join(row) for row in [("id", "text"), *zip("12345", told, strict=True)]))
    assert cells(rows) == [list(pair) for pair in zip("12345", told, strict=True)]


def test_quotes_far_beyond_the_beginning_are_read_as_those_of_a_table_without_quoting(tmp_path: Path) -> None:
    told = [f"Story {n}. {'It rained on the quay. ' * 40}" for n in range(200)]
    told[150], told[160] = '"Stay," said Odile.', '"I shall tell them, it said.'
    rows = read(tmp_path, "id\ttext\n" + "".join(f"{n}\t{text}\n" for n, text in enumerate(told)))
    assert [row.values["text"] for row in rows] == told
    assert not problems(rows)


def test_a_quote_that_opens_and_ends_other_rows_swallows_none(tmp_path: Path) -> None:
    rows = read(tmp_path, 'id\ttext\n1\t"Open, it said\n2\tPlain\n3\tand it closed"\n4\tLast\n')
    assert [row.values["text"] for row in rows] == ['"Open, it said', "Plain", 'and it closed"', "Last"]


def test_a_backslash_before_a_quote_is_taken_away_and_others_stay(tmp_path: Path) -> None:
    content = 'id,title,text\n1,A,"She said \\"stay\\", and it stayed."\n2,B,"\\"No\\""\n3,"C:\\\\",a \\alpha \\n b\n'
    assert cells(read(tmp_path, content)) == [
        ["1", "A", 'She said "stay", and it stayed.'],
        ["2", "B", '"No"'],
        ["3", "C:\\", "a \\alpha \\n b"],
    ]


def test_a_backslash_late_in_a_table_that_doubles_quotes_is_understood(tmp_path: Path) -> None:
    rows = [f'{n},"It said ""{n}"" and slept. {"Rain, and rain. " * 40}"' for n in range(200)]
    rows[150], rows[160] = '150,"He said \\"go\\", twice.\nOr once."', '160,"the path C:\\"'
    read_ = read(tmp_path, "id,text\n" + "\n".join(rows) + "\n")
    assert (read_[150].values["text"], read_[160].values["text"]) == ('He said "go", twice.\nOr once.', "the path C:\\")
    assert len(read_) == 200
    assert not problems(read_)


@pytest.mark.parametrize(
    "content",
    [
        "id,text\n1,'The lamp, lit.'\n2,'It''s late, it said.'\n",
        'id, text\n1, "The lamp, lit."\n2, "It\'s late, it said."\n',
        'id,text\n1,"The lamp, lit." \n2,"It\'s late, it said."  \n',
        'id;text\n"1";"The lamp, lit."\n"2";"It\'s late, it said."\n',
        "id\ttext\r\n1\tThe lamp, lit.\r\n2\tIt's late, it said.\r\n",
    ],
)
def test_other_ways_to_quote_are_found(tmp_path: Path, content: str) -> None:
    assert cells(read(tmp_path, content)) == [["1", "The lamp, lit."], ["2", "It's late, it said."]]


def test_line_ends_and_tabs_after_backslashes_belong_to_the_cell(tmp_path: Path) -> None:
    rows = read(tmp_path, "id\ttext\tmood\n1\tOne\\\ntwo\\\tthree\tcalm\n2\tFour\tsad\n3\tFive\tglad\n", "dump.tsv")
    assert cells(rows)[0] == ["1", "One\ntwo\tthree", "calm"]
    assert len(rows) == 3


def test_quotes_that_a_writer_forgot_to_double_are_kept_where_the_cells_add_up(tmp_path: Path) -> None:
    rows = read(tmp_path, f'id,text,mood\n1,"{PLAIN}",calm\n2,"He said "stay" to me.",sad\n3,"{PLAIN}",glad\n')
    assert cells(rows)[1] == ["2", 'He said "stay" to me.', "sad"]


@pytest.mark.parametrize("sign", [",", "\t", ";"])
@pytest.mark.parametrize("open_row", [1, 2, 4])
def test_a_quote_never_closed_rejects_its_row_alone(tmp_path: Path, sign: str, open_row: int) -> None:
    rows = [f'{n}{sign}"Night {n}: {PLAIN}"' for n in range(1, 5)]
    rows[open_row - 1] = rows[open_row - 1][:-1]
    read_ = read(tmp_path, f"id{sign}text\n" + "\n".join(rows) + "\n")
    assert len(read_) == 4
    assert [row.values["id"] for row in read_ if not row.problem] == [str(n) for n in range(1, 5) if n != open_row]
    (number, problem), *_rest = problems(read_)
    assert (number, f"Line {open_row + 1}: a quote" in problem) == (open_row, True)


def test_the_rest_of_a_broken_story_is_no_row_of_its_own(tmp_path: Path) -> None:
    content = f'id,text\n1,"{PLAIN}"\n2,"He said "no" and\nwalked off, slowly.\nIt rained."\n3,"{PLAIN}"\n'
    read_ = read(tmp_path, content)
    assert [row.values["id"] for row in read_ if not row.problem] == ["1", "3"]
    assert problems(read_) == [(2, "Lines 3 to 5: a quote is opened and not closed, or not doubled inside a cell.")]


def test_two_quotes_never_closed_are_two_rejected_rows(tmp_path: Path) -> None:
    for before in ("", "a"):
        content = f'id,text\n{before}1,"{PLAIN}"\n{before}2,"open\n{before}3,"open too\n{before}4,"{PLAIN}"\n'
        read_ = read(tmp_path, content)
        assert [number for number, _problem in problems(read_)] == [2, 3]
        assert [row.values["id"] for row in read_ if not row.problem] == [f"{before}1", f"{before}4"]


def test_cells_lacking_at_the_end_of_a_line_are_empty(tmp_path: Path) -> None:
    rows = read(
        tmp_path, 'id,text,genre,tone\n1,"Full, it was.",fable,warm\n2,"Half, it was.",fable\n3,"Bare."\n4,x,y,z,\n'
    )
    assert not problems(rows)
    assert cells(rows)[1:3] == [["2", "Half, it was.", "fable", ""], ["3", "Bare.", "", ""]]


@pytest.mark.parametrize("ids", [("1", "2", "3"), ("a", "b", "c")])
def test_a_story_cut_by_a_line_break_is_not_stored_in_pieces(tmp_path: Path, ids: tuple[str, ...]) -> None:
    first, second, third = ids
    rows = read(
        tmp_path, f"id,text,genre\n{first},Once upon\na time it ended\n{second},Whole,fable\n{third},Whole too,fable\n"
    )
    assert [row.values["id"] for row in rows if not row.problem] == [second, third]
    assert len(problems(rows)) == 2


@given(
    st.lists(st.tuples(*[st.text("ab'\"\\,\n ", min_size=1, max_size=12)] * 2), min_size=1, max_size=6),
    st.sampled_from([",", "\t", ";", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_whatever_a_writer_of_tables_quotes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], sign: str, quoting: Any
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=sign, quoting=quoting).writerows([("text", "title"), *rows])
    folder = tmp_path_factory.mktemp("tables")
    assert cells(read(folder, text.getvalue())) == [list(row) for row in rows]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["text", "text"], ["text", "text (2)"]),
        (["text", "text", "text (2)"], ["text", "text (3)", "text (2)"]),
        (["a", "a", "a", "a"], ["a", "a (2)", "a (3)", "a (4)"]),
        (["", "column 1", " x  y "], ["column 1 (2)", "column 1", "x y"]),
        (["a\0b", "caf\udce9"], ["a\ufffdb", "caf\ufffd"]),
    ],
)
def test_every_column_has_a_name_of_its_own(header: list[str], names: list[str]) -> None:
    assert named(header) == names
