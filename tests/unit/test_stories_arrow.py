"""Parquet and Arrow: every type that a column can have, and values that Python has no type for."""

import decimal
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.stories.mapping import Rejected, guess, keepable, story_from
from curation.stories.readers import open_file
from curation.stories.readers.arrow_values import simplified

BAD = b"half \xe2\x82 of a sign"


def binary(values: list[bytes | None], kind: pa.DataType) -> pa.Array:
    """Put bytes into a column of text unlooked at, as broken writers do."""
    stored = pa.array(values, pa.large_binary() if pa.types.is_large_string(kind) else pa.binary())
    return pa.Array.from_buffers(kind, len(values), stored.buffers(), stored.null_count)


def many_types() -> dict[str, tuple[pa.Array, list[Any]]]:
    ns = 1_700_000_000_123_456_789
    return {
        "nanoseconds": (pa.array([ns, None], pa.timestamp("ns")), ["2023-11-14T22:13:20.123456789", None]),
        "whole seconds": (
            pa.array([0, 60_000_000], pa.timestamp("us")),
            ["1970-01-01T00:00:00", "1970-01-01T00:01:00"],
        ),
        "far": (pa.array([-(10**12), 10**12], pa.timestamp("s")), ["-29719-04-05T22:13:20", "33658-09-27T01:46:40"]),
        "zone": (
            pa.array([0, None], pa.timestamp("ms", tz="America/St_Johns")),
            ["1969-12-31T20:30:00-03:30", None],
        ),
        "offset": (pa.array([0, None], pa.timestamp("s", tz="+05:30")), ["1970-01-01T05:30:00+05:30", None]),
        "odd zone": (
            pa.array([0, None], pa.timestamp("us", tz="Mars/Olympus")),
            ["1970-01-01T00:00:00Z[Mars/Olympus]", None],
        ),
        "days": (pa.array([10**7, None], pa.date32()), ["29349-01-26", None]),
        "days in ms": (pa.array([86_400_000, None], pa.date64()), ["1970-01-02", None]),
        "time": (pa.array([1, None], pa.time64("ns")), ["00:00:00.000000001", None]),
        "odd time": (pa.array([90_000, None], pa.time32("s")), ["PT90000S", None]),
        "duration": (pa.array([-1_500_000_001, None], pa.duration("ns")), ["-PT1.500000001S", None]),
        "interval": (pa.array([pa.MonthDayNano([1, -2, 3]), None]), ["P1M-2DT0.000000003S", None]),
        "decimal": (pa.array([decimal.Decimal("1.10"), None], pa.decimal256(50, 2)), ["1.10", None]),
        "tiny decimal": (pa.array([decimal.Decimal("0E-10"), None], pa.decimal128(20, 10)), ["0.0000000000", None]),
        "half": (pa.array([1.5, None], pa.float16()), [1.5, None]),
        "bytes": (pa.array([b"plain", BAD], pa.binary()), ["plain", "half \udce2\udc82 of a sign"]),
        "fixed bytes": (pa.array([b"ab", None], pa.binary(2)), ["ab", None]),
        "byte view": (pa.array([b"ab", None], pa.binary_view()), ["ab", None]),
        "text view": (pa.array(["ab", None], pa.string_view()), ["ab", None]),
        "bad text": (binary([b"good", BAD], pa.string()), ["good", "half \udce2\udc82 of a sign"]),
        "bad large text": (binary([None, BAD], pa.large_string()), [None, "half \udce2\udc82 of a sign"]),
        "dictionary": (pa.array(["a", None], pa.dictionary(pa.int8(), pa.string())), ["a", None]),
        "runs": (
            pa.RunEndEncodedArray.from_arrays([1, 2], pa.array([0, 1], pa.date32())),
            ["1970-01-01", "1970-01-02"],
        ),
        "list": (pa.array([[0], None], pa.list_(pa.timestamp("ns"))), [["1970-01-01T00:00:00"], None]),
        "fixed list": (pa.array([[0, 1], None], pa.list_(pa.date32(), 2)), [["1970-01-01", "1970-01-02"], None]),
        "list view": (pa.array([[0], None], pa.list_view(pa.date32())), [["1970-01-01"], None]),
        "empty lists": (pa.array([[], [1]], pa.large_list(pa.date32())), [[], ["1970-01-02"]]),
        "map": (pa.array([[("k", 0)], None], pa.map_(pa.string(), pa.date32())), [{"k": "1970-01-01"}, None]),
        "map of twice": (
            pa.array([[("k", 0), ("k", 1)], []], pa.map_(pa.string(), pa.int8())),
            [[["k", 0], ["k", 1]], {}],
        ),
        "struct": (pa.array([{"when": 0}, None], pa.struct({"when": pa.date32()})), [{"when": "1970-01-01"}, None]),
        "struct of twice": (
            pa.StructArray.from_arrays([pa.array([1, 2]), pa.array([3, 4])], ["a", "a"]),
            [{"a": 1, "a (2)": 3}, {"a": 2, "a (2)": 4}],
        ),
        "dense union": (
            pa.UnionArray.from_dense(
                pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array(["a"]), pa.array([5], pa.date32())]
            ),
            ["a", "1970-01-06"],
        ),
        "sparse union": (
            pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array(["a", "b"]), pa.array([1, 2])]),
            ["a", 2],
        ),
        "uuid": (
            pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16), None], pa.binary(16))),
            ["00000000-0000-0000-0000-000000000000", None],
        ),
        "null": (pa.nulls(2), [None, None]),
    }


@pytest.mark.parametrize("name", many_types())
def test_every_type_has_values_that_can_be_kept(name: str) -> None:
    array, expected = many_types()[name]
    assert simplified(array) == expected
    assert simplified(array.slice(1)) == expected[1:]
    json.dumps(keepable(expected))


def test_an_odd_column_stops_nothing_and_only_a_bad_story_is_rejected(tmp_path: Path) -> None:
    columns = {name: array for name, (array, _expected) in many_types().items()}
    table = pa.table({"text": binary([b"A story.", BAD], pa.string()), **columns})
    path = tmp_path / "odd.arrow"
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    with open_file(path) as reader:
        good, bad = reader.rows()
    mapping = {"text": "text"}
    story = story_from(good.values, mapping=mapping, defaults={})
    assert story.text == "A story."
    assert story.original["nanoseconds"] == "2023-11-14T22:13:20.123456789"
    with pytest.raises(Rejected, match="bytes that are not text"):
        story_from(bad.values, mapping=mapping, defaults={})
    kept = story_from({**bad.values, "text": "Another."}, mapping=mapping, defaults={}).original
    assert kept["bad text"] == "half \ufffd\ufffd of a sign"


def test_a_large_picture_is_kept_by_its_beginning(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["A story."], "picture": [b"\x89PNG" * 1_000_000]}), tmp_path / "p.parquet")
    with open_file(tmp_path / "p.parquet") as reader:
        (row,) = reader.rows()
    assert len(row.values["picture"]) < 10_000


def test_two_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    table = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array(["b"]), pa.array(["c"])], names=["text", "text", "text (2)"]
    )
    pq.write_table(table, tmp_path / "t.parquet")
    with pa.ipc.new_stream(tmp_path / "t.arrow", table.schema) as writer:
        writer.write_table(table)
    for name in ("t.parquet", "t.arrow"):
        with open_file(tmp_path / name) as reader:
            assert guess(reader.columns) == {"text": "text"}
            assert [row.values for row in reader.rows()] == [{"text": "a", "text (3)": "b", "text (2)": "c"}]


def test_a_field_inside_an_object_can_be_chosen(tmp_path: Path) -> None:
    data = [{"data": {"text": "Inside.", "meta": {"by": "m1"}}}]
    pq.write_table(pa.Table.from_pylist(data), tmp_path / "n.parquet")
    with open_file(tmp_path / "n.parquet") as reader:
        assert reader.columns == ["data", "data.text", "data.meta.by"]
        (row,) = reader.rows()
    story = story_from(row.values, mapping={"text": "data.text", "generator": "data.meta.by"}, defaults={})
    assert (story.text, story.fields, story.original) == ("Inside.", {"generator": "m1"}, {"data": {"meta": {}}})


WITHOUT_PANDAS = """
    import sys

    class Blocked:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {"pandas", "pytz"}:
                raise ModuleNotFoundError(name)

    sys.meta_path.insert(0, Blocked())
    from pathlib import Path
    import django
    django.setup()
    from tests.unit.test_stories_arrow import many_types
    from curation.stories.readers import open_file
    from curation.stories.readers.arrow_values import simplified

    for name, (array, expected) in many_types().items():
        assert simplified(array) == expected, name
    for path in map(Path, sys.argv[1:]):
        with open_file(path) as reader:
            print(len(list(reader.rows())))
    assert "pandas" not in sys.modules
"""


def test_nothing_needs_pandas(tmp_path: Path) -> None:
    table = pa.table({"text": ["One.", "Two."], "at": pa.array([1, 1_700_000_000_123_456_789], pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "t.parquet")
    with pa.ipc.new_stream(tmp_path / "t.arrow", table.schema) as writer:
        writer.write_table(table)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WITHOUT_PANDAS), tmp_path / "t.parquet", tmp_path / "t.arrow"],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert (done.stdout.split(), done.returncode) == (["2", "2"], 0), done.stderr
