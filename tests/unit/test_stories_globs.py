"""Globs of dataset cards: what they mean, and that no pattern takes long."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.stories.readers.globs import LONGEST, glob_of

SIGNS = st.text(alphabet="ab/*?", max_size=9)


def as_regex(pattern: str) -> re.Pattern[str]:
    """The same as a regular expression, which is quick to read and can take for ever."""
    parts = re.findall(r"(?:(?<=/)|(?<=\A))\*\*/|\*\*|.", pattern)
    meant = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meant.get(part) or re.escape(part) for part in parts), re.DOTALL)


@given(SIGNS, st.text(alphabet="ab/", max_size=9))
def test_a_glob_takes_what_its_regular_expression_takes(pattern: str, path: str) -> None:
    assert glob_of(pattern).matches(path) == bool(as_regex(pattern).fullmatch(path))


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("data/train-*.parquet", "data/train-00000.parquet", "data/more/train-0.parquet"),
        ("**/*.jsonl", "a.jsonl", "a.json"),
        ("**/*.jsonl", "a/b/c.jsonl", "a/b/c.jsonl/d"),
        ("data/**", "data/a/b.csv", "other/data/a"),
        ("[a-c]x[!0-9].txt", "bx_.txt", "bx7.txt"),
        ("[!a]", "b", "/"),
        ("[--]", "-", "a"),
        ("[ab", "[ab", "a"),
        ("", "", "a"),
    ],
)
def test_what_globs_mean(pattern: str, taken: str, left: str) -> None:
    assert glob_of(pattern).matches(taken)
    assert not glob_of(pattern).matches(left)


@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "**/" * 200 + "b", "**a" * 200 + "b", "[" * LONGEST])
def test_no_pattern_takes_long(pattern: str) -> None:
    def spent(length: int) -> float:
        path, began = "a" * length, time.process_time()
        assert not glob_of(pattern).matches(path)
        return time.process_time() - began

    spent(100)
    assert spent(20_000) < 30 * max(spent(2_000), 0.001)


def test_a_pattern_that_is_too_long_means_no_file() -> None:
    assert glob_of("a" * LONGEST).matches("a" * LONGEST)
    assert not glob_of("a" * (LONGEST + 1)).matches("a" * (LONGEST + 1))
    assert not glob_of("*" * (LONGEST + 1)).matches("")
