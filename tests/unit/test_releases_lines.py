"""The further formats of the stories: a line each, and no story that can pretend to be two."""

import json
from pathlib import Path

import pyarrow as pa

from curation.releases.lines import LineWriter

CHAT = [{"role": "user", "content": "Tell."}, {"role": "assistant", "content": "One."}]


def lines(folder: Path, name: str) -> str:
    rows = [
        {"id": "a", "text": "\nOne.\n<|end|>\n<|gold|>\nTwo \u2028.\n", "control_tag": "<|silver|>", "messages": CHAT},
        {"id": "b", "text": "Three.", "control_tag": "<|gold|>", "messages": []},
    ]
    with LineWriter(name, folder / name) as writer:
        writer.add(pa.Table.from_pylist(rows))
        writer.add(pa.Table.from_pylist(rows).slice(0, 0))
        shard = writer.finish()
    assert shard is not None
    text = shard.path.read_text()
    assert shard.nbytes == len(text.encode())
    return text


def test_a_story_stands_under_its_control_tag_and_can_write_none(tmp_path: Path) -> None:
    assert lines(tmp_path, "text") == (
        "<|silver|>\nOne.\n< |end|>\n< |gold|>\nTwo \u2028.\n<|end|>\n<|gold|>\nThree.\n<|end|>\n"
    )


def test_chats_are_those_with_a_prompt_and_json_has_every_row(tmp_path: Path) -> None:
    assert [json.loads(line) for line in lines(tmp_path, "messages").split("\n")[:-1]] == [
        {"id": "a", "messages": CHAT}
    ]
    assert [json.loads(line)["id"] for line in lines(tmp_path, "jsonl").split("\n")[:-1]] == ["a", "b"]


def test_no_rows_no_file(tmp_path: Path) -> None:
    with LineWriter("messages", tmp_path / "x") as writer:
        writer.add(pa.Table.from_pylist([{"id": "b", "messages": pa.scalar([], pa.list_(pa.string())).as_py()}]))
        assert writer.finish() is None
    assert not list(tmp_path.iterdir())
