"""What a provider's body says: the answer as it was written, what it took, and nothing from a body that is none."""

import json
from typing import Any

import pytest

from curation.llm.answers import Reply, error_in, message_in, reply_in, usage_in
from curation.llm.prices import Usage
from curation.llm.shapes import has_commands
from curation.llm.wire import MOST_KEPT, Heard, seconds_of

ANTHROPIC: dict[str, Any] = {
    "id": "msg_1",
    "content": [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": '{"a":'},
        {"type": "text", "text": " 1}"},
    ],
    "stop_reason": "end_turn",
    "usage": {
        "input_tokens": 3,
        "cache_read_input_tokens": 20,
        "cache_creation_input_tokens": 100,
        "output_tokens": 7,
        "service_tier": "standard",
    },
}
OPENAI: dict[str, Any] = {
    "id": "chatcmpl-1",
    "choices": [{"message": {"content": '{"a": 1}'}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 30, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 20}},
}


def read(said: Any, kind: str) -> Reply:
    return reply_in(json.dumps(said).encode(), kind)


def test_an_answer_is_read_in_both_forms() -> None:
    assert read(ANTHROPIC, "anthropic") == Reply('{"a": 1}', Usage(3, 20, 100, 7), "msg_1", "end_turn")
    assert read(OPENAI, "openai") == Reply('{"a": 1}', Usage(10, 20, 0, 7), "chatcmpl-1", "stop")


def test_what_a_model_thinks_aloud_is_no_part_of_its_answer() -> None:
    said = {**OPENAI, "choices": [{"message": {"content": '<think>\nA </think> b?</think>\n{"a": 1}'}}]}
    assert read(said, "openai").text == 'b?</think>\n{"a": 1}'
    said = {**OPENAI, "choices": [{"message": {"content": '{"a": "<think>x</think>"}'}}]}
    assert read(said, "openai").text == '{"a": "<think>x</think>"}'


def test_an_answer_is_kept_up_to_a_megabyte_and_without_what_no_column_takes() -> None:
    long = {**OPENAI, "choices": [{"message": {"content": "a\0" + "b" * 2_000_000}}]}
    text = read(long, "openai").text
    assert len(text) == MOST_KEPT
    assert text.startswith("a\N{SYMBOL FOR NULL}b")
    assert "\0" not in Heard(body=b"\xff\0").text


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        5,
        {},
        {"content": 5, "choices": {"0": 1}},
        {"content": [], "choices": []},
        {"content": [5], "choices": [5]},
        {"content": [{"type": "text", "text": 7}], "choices": [{"message": {"content": 7}}]},
        {"content": [{"type": "text", "text": ""}], "choices": [{"message": {"content": None, "refusal": "No."}}]},
        {"content": [{"type": "tool_use"}], "choices": [{"message": [1]}]},
    ],
)
def test_what_is_no_answer_is_refused(said: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=r"wanted|no text"):
        read(said, kind)


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_says_nothing(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        reply_in(body, "openai")
    assert usage_in(body) is None
    assert error_in(body)[0] == ""
    assert message_in(body.decode("utf-8", "replace")) == b""


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "plenty",
        [],
        {},
        {"input_tokens": -1},
        {"input_tokens": 1.5},
        {"input_tokens": True},
        {"input_tokens": 2**40},
    ],
)
def test_a_usage_that_makes_no_sense_is_none(usage: Any) -> None:
    assert usage_in(json.dumps({"usage": usage}).encode()) is None


def test_more_from_the_cache_than_there_was_counts_as_none() -> None:
    odd = {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}
    assert usage_in(json.dumps({"usage": odd}).encode()) == Usage(5, 0, 0, 0)


def test_an_error_is_read_in_every_form() -> None:
    forms = [
        ({"type": "error", "error": {"type": "rate_limit_error", "message": "Slow."}}, ("rate_limit_error", "Slow.")),
        ({"error": {"code": "insufficient_quota", "type": "x", "message": "Pay."}}, ("insufficient_quota", "Pay.")),
        ({"message": "Plain.", "type": "NotFound"}, ("NotFound", "Plain.")),
        ({"error": "a word"}, ("", "a word")),
    ]
    for said, expected in forms:
        assert error_in(json.dumps(said).encode()) == expected
    assert len(error_in(b"x" * 9_000)[1]) == 300


def test_how_long_to_wait_is_read_as_a_number_or_a_date() -> None:
    assert seconds_of("2.5") == 2.5
    assert seconds_of("-3") == 0
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert seconds_of("") is None
    assert seconds_of("soon") is None
    assert [seconds_of(endless) for endless in ("inf", "-inf", "nan", "1e400")] == [None] * 4


@pytest.mark.parametrize("text", ["<|im_start|>", "[INST]", "]~b]", "<start_of_turn>"])
def test_what_a_server_may_take_for_a_command_is_seen(text: str) -> None:
    assert has_commands(f"A tug. {text} A boat.")
    assert not has_commands("A tug asked: “Is it safe? (Is it?)”\n===== END =====")
