"""From PostgreSQL to Arrow: texts come out of COPY as they are, however long and whatever stands beside them."""

import json
import random

import numpy as np
import pytest

from curation.releases.queries import arrow
from curation.releases.queries.arrow import fetch_texts, held_connection

pytestmark = pytest.mark.django_db
GIVEN = "SELECT one, other FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (n int, one text, other text) ORDER BY n"
LETTERS = "aä€𝄞\n\t\\\"',{}"


@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_texts_of_two_columns_come_back_as_they_are(rows: int) -> None:
    chance = random.Random(rows)  # noqa: S311

    def text() -> str:
        return "".join(chance.choices(LETTERS, k=chance.randint(0, 20)))

    given = [(text(), chance.choice([None, text()])) for _ in range(rows)]
    asked = json.dumps([{"n": n, "one": one, "other": other} for n, (one, other) in enumerate(given)])
    one, other = fetch_texts(held_connection(), GIVEN, {"rows": asked}, 2)
    assert list(zip(one.to_pylist(), other.to_pylist(), strict=True)) == given


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 11, 12, 13, 5000])
def test_a_text_is_read_on_both_sides_of_what_stands_in_a_view(length: int) -> None:
    asked = "SELECT repeat('ab', %(length)s), left(repeat('xyz', 5000), %(length)s), NULL FROM generate_series(1, 3)"
    twice, once, nothing = fetch_texts(held_connection(), asked, {"length": length}, 3)
    assert twice.to_pylist() == ["ab" * length] * 3
    assert once.to_pylist() == [("xyz" * 5000)[:length]] * 3
    assert nothing.to_pylist() == [None] * 3


def test_more_than_can_be_counted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "MOST_BYTES", 10)
    with pytest.raises(OverflowError, match="2 GB"):
        arrow.texts_in(memoryview(bytes(11)), np.array([0], np.int64), 1)
