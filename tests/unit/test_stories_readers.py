"""Reading files: every format, every encoding, and every way a file can be bad."""

import csv
import io
import json
import stat
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.stories.mapping import guess, problem_with
from curation.stories.readers import FileRow, FileUnreadable, open_file
from curation.stories.readers.base import MAX_PIECE

ROWS = [{"Story": "One, “two”\nthree", "Model": "m1"}, {"Story": "Four; five", "Model": "m2"}]


def as_csv(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read(path: Path, name: str = "") -> list[FileRow]:
    with open_file(path, name) as reader:
        return list(reader.rows())


def values(path: Path, name: str = "") -> list[dict[str, object]]:
    return [row.values for row in read(path, name)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stories"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (as_csv(ROWS).encode(), "csv"),
        (as_csv(ROWS, "\t").encode(), "tsv"),
        (as_csv(ROWS, ";").encode(), "csv"),
        (as_csv(ROWS, "|").encode(), "csv"),
        ("\n".join(json.dumps(row) for row in ROWS).encode(), "jsonl"),
        (json.dumps(ROWS).encode(), "json"),
        (json.dumps(ROWS, indent=2).encode(), "json"),
        (json.dumps({"stories": ROWS}, indent=2).encode(), "json"),
        (as_csv(ROWS).encode("utf-8-sig"), "csv"),
        (as_csv(ROWS).encode("utf-16"), "csv"),
        (as_csv(ROWS).encode("utf-16-le"), "csv"),
        (as_csv(ROWS, "\t").encode("utf-16"), "tsv"),
        (as_csv(ROWS).encode("cp1252"), "csv"),
    ],
)
@pytest.mark.parametrize("name", ["stories", "stories.csv"])
def test_the_content_decides_the_format_and_the_encoding(file: Path, content: bytes, expected: str, name: str) -> None:
    file.write_bytes(content)
    with open_file(file, name) as reader:
        assert reader.format == expected
        assert guess(reader.columns) == {"text": "Story", "generator": "Model"}
        assert [row.values for row in reader.rows()] == ROWS
        reader.verify()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (as_csv(ROWS, "\t"), "tsv"),
        (json.dumps(ROWS), "json"),
        (json.dumps(ROWS[0]), "jsonl"),
        ("One, two.\nThree.", "text"),
    ],
)
def test_a_text_file_is_prose_unless_it_is_plainly_a_table(file: Path, content: str, expected: str) -> None:
    file.write_text(content)
    with open_file(file, "stories.txt") as reader:
        assert reader.format == expected


def test_parquet_and_arrow_are_read(file: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, file)
    assert values(file) == ROWS
    for opened in (pa.ipc.new_file, pa.ipc.new_stream):
        with opened(str(file), table.schema) as writer:
            writer.write_table(table)
        assert values(file) == ROWS


cells = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\r\t,;|\"'"), min_size=1, max_size=60
)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_what_a_csv_writer_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "title"), *rows])
    assert [(row.values["text"], row.values["title"]) for row in read(path)] == rows


keys = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=5)


@given(st.lists(st.dictionaries(keys, st.text() | st.integers() | st.none()), max_size=6), st.booleans())
def test_what_json_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], pretty: bool
) -> None:
    path = tmp_path_factory.mktemp("json") / "file.json"
    path.write_text(json.dumps(rows, indent=2 if pretty else None))
    assert values(path) == rows


def test_an_element_larger_than_the_buffer_is_read(file: Path) -> None:
    rows = [{"text": 'é\\"' * 90_000}, {"text": "end"}]
    file.write_text(json.dumps(rows))
    assert values(file, "x.json") == rows


def test_ragged_rows_are_rows_with_a_problem(file: Path) -> None:
    file.write_text('text,title\nfine,one\nshort\n"a\nb",two,three\nfine,four\n,\nlast,five,,\n')
    rows = read(file)
    assert [row.number for row in rows if not row.problem] == [1, 2, 4, 5]
    assert [row.problem[:14] for row in rows if row.problem] == ["Lines 4 to 5: "]
    assert rows[1].values == {"text": "short", "title": ""}


def test_nul_bytes_are_a_problem_of_their_row(file: Path) -> None:
    file.write_bytes(b"text,title\none,a\ntw\0o,b\nthree,c\n")
    assert ["NUL" in row.problem for row in read(file)] == [False, True, False]


def test_a_quote_that_never_closes_is_a_problem_and_not_a_hang(file: Path) -> None:
    file.write_text('text,title\n"open,a\nmore,b\n')
    assert "quote" in read(file)[0].problem


def test_broken_json_lines_are_problems_of_their_rows(file: Path) -> None:
    file.write_text('{"text": "a"}\n{"text": \n\n[1]\n{"text": "b"}\n')
    assert [(row.number, bool(row.problem)) for row in read(file)] == [(1, False), (2, True), (4, True), (5, False)]


@pytest.mark.parametrize(
    "content", ['[{"text": "a"}, {"text": "b', '[{"text": "a"} {"text": "b"}]', '[{"a": tru}]', "[{"]
)
def test_a_broken_json_array_says_where(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(FileUnreadable, match=r"element|after"), open_file(file, "x.json") as reader:
        reader.verify()


def test_encodings_are_named_to_the_person(file: Path) -> None:
    file.write_bytes("text\nShe said “no”, café\n".encode("cp1252"))
    with open_file(file) as reader:
        assert reader.encoding == "cp1252"
        assert "Windows-1252" in reader.notes[0]
    file.write_bytes("text\ncafé één ünïcode\n".encode() + b"bad \xff byte\n")
    with open_file(file) as reader:
        assert reader.encoding == "utf-8"
        assert "in 1 place;" in reader.notes[0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"\x1f\x8b\x08abc", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1 cut off", "damaged"),
        (b"ARROW1 cut off", "damaged"),
        (b"PK\x03\x04 cut off", "damaged"),
        (bytes(range(1, 32)) * 20, "not text"),
    ],
)
def test_what_cannot_be_read_says_so(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    with pytest.raises(FileUnreadable, match=reason):
        open_file(file)


def test_no_story_column_lists_what_is_there(file: Path) -> None:
    file.write_text("alpha,beta\n1,2\n")
    with open_file(file) as reader:
        assert guess(reader.columns) == {}
        message = problem_with({}, reader.columns)
    assert "alpha, beta" in message
    assert "--map text=COLUMN" in message


def zipped(path: Path, members: dict[str, bytes | str], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_of_prose_is_one_story_a_file(file: Path) -> None:
    zipped(
        file,
        {
            "b/the-long_night.txt": "It was dark.",
            "a.md": "---\ntitle: A day\nthemes: [equanimity]\ngenre: sea story\n---\n# A day\n\nIt was light.\n",
            "c.md": "# Heading\n\nText with “quotes”.".encode("cp1252"),
            "README.md": "About.",
            "picture.png": b"\x89PNG",
            "__MACOSX/x.md": "no",
        },
    )
    with open_file(file) as reader:
        assert reader.columns == ["text", "title", "file", "themes", "genre"]
        rows = [row.values for row in reader.rows()]
    assert [row["title"] for row in rows] == ["A day", "The long night", "Heading"]
    assert [row["text"] for row in rows] == ["It was light.", "It was dark.", "Text with “quotes”."]
    assert rows[0]["themes"] == ["equanimity"]


def test_front_matter_may_not_unfold(file: Path) -> None:
    file.write_text("---\na: &a [x, x]\nb: &b [*a, *a]\n---\nText.\n")
    assert "references" in read(file, "x.md")[0].problem


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.md")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("name", ["../escape.md", "a/../../b.md", "/etc/passwd.md", "..\\up.md", "C:\\x.md"])
def test_a_zip_with_path_tricks_is_refused(file: Path, name: str) -> None:
    zipped(file, {"fine.md": "Fine.", name: "Trick."})
    with pytest.raises(FileUnreadable, match="leads out"):
        open_file(file)


def test_a_zip_with_a_link_is_refused(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link(), "/etc/passwd")
    with pytest.raises(FileUnreadable, match="link"):
        open_file(file)


def test_a_zip_bomb_is_refused_unopened(file: Path) -> None:
    zipped(file, {"bomb.txt": b"a" * (20 << 20)})
    with pytest.raises(FileUnreadable, match="times its size"):
        open_file(file)


def test_a_zip_with_a_broken_member_is_found_before_anything_is_stored(file: Path) -> None:
    zipped(file, {"a.md": "First.", "b.md": "Second story, long enough."}, kind=zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"Second story", b"Sekond story"))
    with pytest.raises(FileUnreadable, match="damaged"), open_file(file) as reader:
        reader.verify()


def test_a_zip_without_stories_says_what_it_looked_for(file: Path) -> None:
    zipped(file, {"picture.png": b"\x89PNG"})
    with pytest.raises(FileUnreadable, match="No stories"):
        open_file(file)


def parquet(rows: list[dict[str, str]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def test_a_dataset_folder_is_read_by_its_card(file: Path) -> None:
    card = (
        "---\nconfigs:\n- config_name: ratings\n  data_files: ratings/*.parquet\n"
        "- config_name: stories\n  default: true\n"
        "  data_files:\n  - split: train\n    path: stories/*.parquet\n---\n# Card\n"
    )
    zipped(
        file,
        {
            "set/README.md": card,
            "set/stories/train-1.parquet": parquet(ROWS[:1]),
            "set/stories/train-2.parquet": parquet(ROWS[1:]),
            "set/ratings/train.parquet": parquet([{"rating": "4"}]),
        },
    )
    with open_file(file) as reader:
        rows = list(reader.rows())
        assert "ratings" in reader.notes[0]
    assert [row.number for row in rows] == [1, 2]
    assert [row.values["Story"] for row in rows] == [row["Story"] for row in ROWS]
    assert rows[1].values["source file"] == "set/stories/train-2.parquet"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nShip's log: all quiet.\n\n---\n\nThe lamp went out.",
        "---\n\nOdile said: it was right.\nNobody answered: the kettle had begun.\n\nThen it rained.\n\n---\n\nDawn.",
        "---\nOdile: You told them.\nMachine: I did.\n---\nDawn.",
        "---\nIt was late. She said: no.\n---\nDawn.",
        "---\n---\nDawn.",
        "---\nNo colon at all\n---\nDawn.",
        "---\ntide: high\nBut nobody looked: it was late.\n---\nDawn.",
    ],
)
def test_a_break_between_scenes_is_no_front_matter(file: Path, text: str) -> None:
    file.write_text(text)
    assert [row["text"] for row in values(file, "scene.md")] == [text]


@pytest.mark.parametrize("front", ["title: Dawn", "Title: Dawn", "# by hand\ntitle: Dawn", '"title": Dawn'])
def test_front_matter_gives_fields_and_is_no_story(file: Path, front: str) -> None:
    file.write_text(f"---\n{front}\nContent warnings: storms\nmood: calm\n---\n\nThe lamp went out.\n\n---\n\nDawn.")
    (row,) = values(file, "scene.md")
    assert (row["title"], row["mood"], row["Content warnings"]) == ("Dawn", "calm", "storms")
    assert row["text"] == "The lamp went out.\n\n---\n\nDawn."


@pytest.mark.parametrize(
    "text",
    [
        "\tAt the weir it rained.\n\tAt the lock it did not.\n\tAt the mill nobody knew.",
        "ODILE:\tYou told them?\nMACHINE:\tI did, and I wrote down why.\nODILE:\tGood.",
    ],
)
def test_a_text_with_tabs_is_no_table(file: Path, text: str) -> None:
    file.write_text(text)
    assert [row["text"] for row in values(file, "story.txt")] == [text]


def test_a_line_separator_inside_json_divides_no_lines(file: Path) -> None:
    rows = [{"text": f"First half.\u2028Second\u2029half\x85 of story {n}."} for n in (1, 2)]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    for name in ("stories", "stories.txt", "stories.jsonl"):
        assert values(file, name) == rows


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"title": "One", "text": "Alone."}, [{"title": "One", "text": "Alone."}]),
        ({"title": "One", "text": "Alone.", "notes": [{"by": "A"}]},
         [{"title": "One", "text": "Alone.", "notes": [{"by": "A"}]}]),
        ({"version": "1.1", "tags": ["a"], "made": {"by": "A"}, "stories": [{"text": "x"}, {"text": "y"}]},
         [{"text": "x"}, {"text": "y"}]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["one.json", "one", "one.txt"])
def test_one_object_over_many_lines_is_a_story_or_holds_them(
    file: Path, content: object, expected: list[dict[str, object]], name: str
) -> None:
    file.write_text(json.dumps(content, indent=2))
    assert values(file, name) == expected


ONE, TWO = {"text": "One."}, {"text": "Two."}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("padding", [0, MAX_PIECE])
def test_all_lists_of_stories_in_an_object_are_read(file: Path, indent: int | None, padding: int) -> None:
    models = [{"name": "m1", "about": "x" * (padding // 2)}, {"name": "m2", "about": "x" * (padding // 2)}]
    content = {"train": [ONE], "models": models, "n": 2, "tags": ["a"], "test": [TWO], "empty": []}
    file.write_text(json.dumps(content, indent=indent))
    with open_file(file, "splits.json") as reader:
        reader.verify()
        assert reader.columns == ["text"]
        assert [row.values for row in reader.rows()] == [ONE, TWO]
        told = " ".join(reader.notes)
    assert "All of these lists are read: train, test." in told
    assert "not read: models" in told


def test_a_chat_in_an_object_of_its_own_is_no_list_of_stories(file: Path) -> None:
    chat = {"messages": [{"role": "assistant", "content": "One."}], "id": 1}
    for indent in (None, 1):
        file.write_text(json.dumps(chat, indent=indent))
        assert values(file, "chat.json") == [chat]


def test_a_second_list_that_breaks_off_says_so(file: Path) -> None:
    file.write_text('{"train": [{"text": "One."}],\n"test": [{"text": "Tw')
    with pytest.raises(FileUnreadable, match="breaks off"), open_file(file, "x.json") as reader:
        reader.verify()


@pytest.mark.parametrize("sign", [";", ",", "\t", "|", "^"])
@pytest.mark.parametrize("form", ["sep={}\n", "SEP={}\r\n", '"sep={}"\n', "\ufeffsep={}\n"])
def test_a_line_that_says_the_delimiter_is_no_header(file: Path, sign: str, form: str) -> None:
    file.write_text(form.format(sign) + as_csv(ROWS, sign), encoding="utf-8", newline="")
    assert values(file) == ROWS
