"""From PostgreSQL to Arrow: values come out of COPY as they are, however long and whatever stands beside them."""

import json
import random

import numpy as np
import pyarrow as pa
import pytest

from curation.releases.queries import arrow
from curation.releases.queries.arrow import fetch, held_connection

pytestmark = pytest.mark.django_db
GIVEN = "SELECT one, other FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (n int, one text, other text) ORDER BY n"
LETTERS = "aä€𝄞\n\t\\\"',{}"


def texts(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_texts_of_two_columns_come_back_as_they_are(rows: int) -> None:
    chance = random.Random(rows)  # noqa: S311

    def text() -> str:
        return "".join(chance.choices(LETTERS, k=chance.randint(0, 20)))

    given = [(text(), chance.choice([None, text()])) for _ in range(rows)]
    asked = json.dumps([{"n": n, "one": one, "other": other} for n, (one, other) in enumerate(given)])
    found = fetch(held_connection(), GIVEN, {"rows": asked}, texts("one", "other"))
    assert list(zip(*(column.to_pylist() for column in found.columns), strict=True)) == given
    found.validate(full=True)


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 11, 12, 13, 5000])
def test_a_text_is_read_on_both_sides_of_what_stands_in_a_view(length: int) -> None:
    asked = "SELECT repeat('ab', %(length)s), left(repeat('xyz', 5000), %(length)s), NULL FROM generate_series(1, 3)"
    found = fetch(held_connection(), asked, {"length": length}, texts("twice", "once", "nothing"))
    assert found["twice"].to_pylist() == ["ab" * length] * 3
    assert found["once"].to_pylist() == [("xyz" * 5000)[:length]] * 3
    assert found["nothing"].to_pylist() == [None] * 3


NUMBERS = """
SELECT n.* FROM (VALUES (-1::bigint, 7::integer, 0.5::double precision, 'x', true),
  (9223372036854775807, -2147483648, '-Infinity', NULL, false), (NULL, NULL, NULL, '', NULL)) AS n"""
ROWS = [(-1, 7, 0.5, "x", True), (2**63 - 1, -(2**31), float("-inf"), None, False), (None, None, None, "", None)]
KINDS = pa.schema(
    [("big", pa.int64()), ("small", pa.int32()), ("real", pa.float64()), ("text", pa.string()), ("flag", pa.bool_())]
)


def test_numbers_and_booleans_come_beside_texts_and_where_there_are_none() -> None:
    found = fetch(held_connection(), NUMBERS, {}, KINDS)
    assert found.schema == KINDS
    assert [tuple(row.values()) for row in found.to_pylist()] == ROWS
    assert fetch(held_connection(), f"{NUMBERS} WHERE column1 = 5", {}, KINDS) == KINDS.empty_table()


def test_a_column_of_another_type_is_not_taken_for_what_it_is_not() -> None:
    with pytest.raises(TypeError, match="n is no int64"):
        fetch(held_connection(), "SELECT 1::integer", {}, pa.schema([("n", pa.int64())]))


def test_more_than_can_be_counted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "MOST_BYTES", 10)
    with pytest.raises(OverflowError, match="2 GB"):
        arrow.rows_in(memoryview(bytes(11)), np.array([0], np.int64), texts("one"))
