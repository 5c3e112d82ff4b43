"""What is read from outside: text, numbers, JSON, and the settings of the environment, each as a whole table."""

import json
import logging
import unicodedata
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from curation.core import environment
from curation.core.logs import LONGEST, RefusedIsNoError
from curation.core.plain_text import (
    BREAK,
    MOST_MARKS,
    MOST_NESTED,
    has_long_marks,
    in_form,
    parse_json,
    storable,
    whole_number,
    with_lf,
)


def test_every_line_end_is_lf_and_nothing_else_changes() -> None:
    assert with_lf("a\r\nb\rc\nd\r\r\ne\u2028\v") == "a\nb\nc\nd\n\ne\u2028\v"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("", True),
        ("naïve 🚢\n\x01\x7f", True),
        ("a\0b", False),
        ("\ud800", False),
        ("a\udfff", False),
        ("\ue000\ud7ff", True),
    ],
)
def test_the_database_holds_neither_nul_nor_half_a_pair(text: str, held: bool) -> None:
    assert storable(text) is held


def test_text_is_in_form_and_a_run_of_marks_that_nobody_writes_is_broken_up() -> None:
    assert in_form("NFC", "Schlu\u0308ssel ﬁ") == "Schlüssel ﬁ"
    assert in_form("NFKC", "ﬁ１…") == "fi1..."
    usual, long = "x" + "\u0323" * MOST_MARKS, "x" + "\u0323" * (MOST_MARKS + 1)
    assert in_form("NFC", usual) == unicodedata.normalize("NFC", usual)
    assert in_form("NFC", long) == unicodedata.normalize("NFC", usual) + BREAK + "\u0323"
    assert [has_long_marks(text) for text in ("", "?" * 99, usual, long, usual + "x" + usual[1:])] == [
        False, False, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), ("-1", None), ("+1", None),
        ("1.0", None), (" 1", None), ("٣", None), ("²", None), ("1_0", None),
    ],
)  # fmt: skip
def test_a_whole_number_is_ascii_digits_that_the_database_holds(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def nested(depth: int, innermost: Any = 1) -> str:
    value = innermost
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return json.dumps(value)


def test_json_is_what_a_database_can_hold() -> None:
    assert parse_json('{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}
    assert parse_json(nested(MOST_NESTED - 1)) == json.loads(nested(MOST_NESTED - 1))
    for bad in (
        nested(MOST_NESTED),
        "[" * 100_000,
        "NaN",
        '{"a": [Infinity]}',
        '{"a": {"b": [[-Infinity]]}}',
        nested(MOST_NESTED - 2, float("inf")),
        "{",
        "",
    ):
        with pytest.raises(ValueError, match=r"JSON|Expecting"):
            parse_json(bad)


def test_a_name_that_comes_twice_is_refused_where_it_is_asked_for() -> None:
    twice = '{"a": [{"b": 1, "c": 2, "b": 3}]}'
    assert parse_json(twice) == {"a": [{"b": 3, "c": 2}]}
    with pytest.raises(ValueError, match="twice"):
        parse_json(twice, once=True)
    assert parse_json('{"a": [{"a": 1}, {"a": 2}]}', once=True) == {"a": [{"a": 1}, {"a": 2}]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "default"), ("1", True), ("TRUE", True), ("yes", True), ("on", True), ("0", False), ("False", False),
        ("no", False), ("off", False), ("", False), ("2", None), ("maybe", None), (" 1", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("default", [True, False])
def test_a_flag_is_plainly_yes_or_no(
    monkeypatch: pytest.MonkeyPatch, value: str | None, expected: object, default: bool
) -> None:
    monkeypatch.delenv("X", raising=False)
    if value is not None:
        monkeypatch.setenv("X", value)
    if expected is None:
        with pytest.raises(ImproperlyConfigured, match="X must be 1 or 0"):
            environment.flag("X", default=default)
    else:
        assert environment.flag("X", default=default) is (default if expected == "default" else expected)


def test_numbers_lists_and_addresses_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X", raising=False)
    assert (environment.number("X", default=7), environment.names("X"), environment.address("X")) == (7, [], "")
    with pytest.raises(ImproperlyConfigured, match="Set X"):
        environment.required("X")
    for value, number in (("12", 12), ("", 7), ("0", None), ("-1", None), ("1.5", None), ("many", None)):
        monkeypatch.setenv("X", value)
        if number is None:
            with pytest.raises(ImproperlyConfigured, match="above 0"):
                environment.number("X", default=7)
        else:
            assert environment.number("X", default=7) == number
    monkeypatch.setenv("X", " a.example, b.example ,,")
    assert environment.names("X") == ["a.example", "b.example"]
    assert environment.required("X").startswith(" a.example")
    monkeypatch.setenv("X", " https://s3.example.org:9000/ ")
    assert environment.address("X") == "https://s3.example.org:9000"
    for bad in ("s3.example.org", "ftp://s3.example.org", "https://", "https://key:secret@s3.example.org"):
        monkeypatch.setenv("X", bad)
        with pytest.raises(ImproperlyConfigured) as raised:
            environment.address("X")
        assert "secret" not in str(raised.value)


def test_a_request_that_is_refused_is_a_short_warning_and_other_records_stay() -> None:
    for name, level in (("django.security.DisallowedHost", logging.WARNING), ("django.request", logging.ERROR)):
        record = logging.LogRecord(name, logging.ERROR, "f.py", 1, "said %s", ("x" * 5_000,), None)
        assert RefusedIsNoError().filter(record)
        assert (record.levelno, record.levelname) == (level, logging.getLevelName(level))
        assert len(record.getMessage()) == (LONGEST if level == logging.WARNING else 5_005)
