"""The manifest: the same bytes for equal values, and nothing of this installation in it."""

import json
from typing import Any

import pytest

from curation.releases.manifest import build, canonical, rows_by_split

FROZEN: dict[str, Any] = {
    "dataset": {"org": "org", "name": "tales", "title": "Tales"},
    "version": "1.2.0",
    "date": "2026-01-31",
    "schema": 3,
    "seed": "org/tales",
    "rubric": {"name": "Rubric", "version": 2, "criteria": [{"id": 7, "key": "A1"}, {"id": 8, "key": "B1"}]},
    "policy": {"version": 4},
    "constitution": {"version": 5},
    "judges": [{"name": "judge"}],
    "counts": {"stories": 2},
    "secret": "not for the manifest",
}


def test_equal_values_are_the_same_bytes() -> None:
    written = canonical({"b": [1, {"é": None}], "a": "–"})
    assert written == '{\n  "a": "–",\n  "b": [\n    1,\n    {\n      "é": null\n    }\n  ]\n}\n'.encode()
    assert written == canonical({"a": "–", "b": [1, {"é": None}]})
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_a_manifest_names_what_the_release_was_made_from() -> None:
    files = ({"path": "b.txt", "size": 2}, {"path": "a.txt", "size": 1})
    columns = {"stories": [("id", "string")]}
    found = build(frozen=FROZEN, columns=columns, files=files, tools={"pyarrow": "1"})
    assert found == {
        "format": 2,
        "self": "0" * 72,
        "columns": {"stories": [["id", "string"]]},
        "dataset": "org/tales",
        "version": "1.2.0",
        "date": "2026-01-31",
        "schema": 3,
        "seed": "org/tales",
        # Keys of this installation's database say nothing to anyone else.
        "rubric": {"name": "Rubric", "version": 2, "criteria": [{"key": "A1"}, {"key": "B1"}]},
        "policy": {"version": 4},
        "constitution": {"version": 5},
        "judges": [{"name": "judge"}],
        "counts": {"stories": 2},
        "decontamination": "not checked",
        "tools": {"pyarrow": "1"},
        "files": [{"path": "a.txt", "size": 1}, {"path": "b.txt", "size": 2}],
    }
    assert json.loads(canonical(found)) == found


def test_rows_are_added_up_over_the_shards_of_a_split() -> None:
    files = [
        {"path": "README.md", "size": 1},
        {"path": "stories/train-00000-of-00002.parquet", "rows": 5},
        {"path": "stories/train-00001-of-00002.parquet", "rows": 3},
        {"path": "stories/test-00000-of-00001.parquet", "rows": 0},
        {"path": "ratings/train-00000-of-00001.parquet", "rows": 9},
        {"path": "jsonl/train-00000-of-00001.jsonl", "rows": 8},
    ]
    assert rows_by_split({"files": files}) == {"stories": {"train": 8, "test": 0}, "ratings": {"train": 9}}
