"""JSON however it is laid out: what is a story, what is a list of them, and what is only said in one."""

import json
from pathlib import Path

import pytest

from curation.stories.mapping import guess
from curation.stories.readers import FileUnreadable, open_file

ROWS = [
    {"text": "The weir held,\nand the machine {said} so."},
    {"text": "Nobody lit the lamp, \u2028and \x85it stayed.", "n": [1, {"a": "}"}]},
    {"text": "\\"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stories"


def read(path: Path, name: str = "") -> list[dict[str, object]]:
    with open_file(path, name) as reader:
        reader.verify()
        rows = list(reader.rows())
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert not any(row.problem for row in rows)
        assert {name for row in rows for name in row.values} <= set(reader.columns)
    return [row.values for row in rows]


@pytest.mark.parametrize("name", ["many.json", "many.jsonl", "many.ndjson", "many.txt", "many"])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n\n", " "])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_objects_over_many_lines_one_after_the_other_are_stories(
    file: Path, name: str, between: str, mark: str
) -> None:
    printed = between.join(json.dumps(row, indent=2, ensure_ascii=False) for row in ROWS)
    file.write_text(mark + printed + "\n", encoding="utf-8", newline="")
    assert read(file, name) == ROWS


@pytest.mark.parametrize("name", ["one.jsonl", "one.json", "one"])
def test_one_object_over_many_lines_is_one_story_whatever_it_is_called(file: Path, name: str) -> None:
    file.write_text(json.dumps(ROWS[0], indent=2))
    assert read(file, name) == ROWS[:1]


def test_objects_one_after_the_other_may_be_larger_than_what_is_read_at_once(file: Path) -> None:
    rows = [{"text": "é" * 10}, {"text": 'é\\"' * 90_000}, {"text": "end"}]
    file.write_text("\n".join(json.dumps(row, indent=1) for row in rows))
    assert read(file, "x.json") == rows


def test_objects_one_after_the_other_that_break_off_say_where(file: Path) -> None:
    file.write_text("\n".join(json.dumps(row, indent=1) for row in ROWS)[:-3])
    with open_file(file, "x.json") as reader, pytest.raises(FileUnreadable, match="in element 3"):
        reader.verify()


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_of_json_may_end_as_on_any_machine(file: Path, end: str) -> None:
    file.write_text(end.join(json.dumps(row, ensure_ascii=False) for row in ROWS), encoding="utf-8", newline="")
    assert read(file, "x.jsonl") == ROWS


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("turn", [{"role": "assistant", "content": "No."}, {"from": "gpt", "value": "No."}])
def test_the_turns_of_a_chat_are_no_stories_whatever_it_is_called(
    file: Path, indent: int | None, rows: int, turn: dict[str, str]
) -> None:
    row = {"chosen": [turn, turn], "rejected": [turn], "story": "The lamp stayed lit."}
    file.write_text("\n".join(json.dumps(row, indent=indent) for _ in range(rows)))
    assert read(file, "x.jsonl") == [row] * rows
    alone = {"chosen": [turn, turn], "id": 1}
    file.write_text("\n".join(json.dumps(alone, indent=indent) for _ in range(rows)))
    assert read(file, "x.jsonl") == [alone] * rows
    with open_file(file, "x.jsonl") as reader:
        assert "text" not in guess(reader.columns)
