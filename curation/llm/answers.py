"""What a provider answered, read from its body as it came."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation.llm.models import ProviderKind
from curation.llm.prices import Usage
from curation.llm.wire import MOST_KEPT

# What some servers write before the answer, where a model thinks aloud.
THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
MOST_TOKENS = 2**31


@dataclass(frozen=True)
class Reply:
    """An answer: the text that the model wrote, as it did. `usage` is None where the provider states none."""

    text: str
    usage: Usage | None
    response_id: str
    stop_reason: str


def reply_in(body: bytes, kind: str) -> Reply:
    """Return the answer in a body. Raises `ValueError` for one that is not in the form of its kind, or says nothing."""
    said = _object(json.loads(body))
    if kind == ProviderKind.ANTHROPIC:
        blocks = [_object(block) for block in _list(said.get("content"))]
        text = "".join(_string(block.get("text")) for block in blocks if block.get("type") == "text")
        stop = said.get("stop_reason")
    else:
        choice = _object(next(iter(_list(said.get("choices"))), None))
        text = THOUGHT.sub("", _string(_object(choice.get("message")).get("content") or ""))
        stop = choice.get("finish_reason")
    if not text:
        raise ValueError("the answer has no text")
    text = text[:MOST_KEPT].replace("\0", "\N{SYMBOL FOR NULL}")
    return Reply(text, usage_of(said), str(said.get("id") or "")[:120], str(stop or "")[:40])


def usage_in(body: bytes) -> Usage | None:
    """Return the usage that a body states, where its answer cannot be used; None where it states none."""
    try:
        return usage_of(_object(json.loads(body)))
    except (ValueError, RecursionError):
        return None


def usage_of(said: Mapping[str, Any]) -> Usage | None:
    """Return the usage that an answer states; None where it states none that makes sense."""
    stated = said.get("usage")
    if not isinstance(stated, dict):
        return None
    counts = {name: value for name, value in stated.items() if type(value) is int and 0 <= value < MOST_TOKENS}
    if "prompt_tokens" in counts:
        details = stated.get("prompt_tokens_details")
        read = details.get("cached_tokens") if isinstance(details, dict) else 0
        read = read if type(read) is int and 0 <= read <= counts["prompt_tokens"] else 0
        return Usage(counts["prompt_tokens"] - read, read, 0, counts.get("completion_tokens", 0))
    if "input_tokens" not in counts:
        return None
    return Usage(
        counts["input_tokens"],
        counts.get("cache_read_input_tokens", 0),
        counts.get("cache_creation_input_tokens", 0),
        counts.get("output_tokens", 0),
    )


def message_in(result: str) -> bytes:
    """Return the answer within a result of a batch, as JSON; empty where there is none."""
    try:
        said = _object(json.loads(result))
        return json.dumps(said.get("message", said)).encode()
    except (ValueError, RecursionError):
        return b""


def error_in(body: bytes) -> tuple[str, str]:
    """Return the code or type of the error that a body states, and its message; each may be empty."""
    try:
        said = _object(json.loads(body))
    except (ValueError, RecursionError):
        return "", body[:300].decode("utf-8", "replace")
    error = said.get("error", said)
    if not isinstance(error, dict):
        return "", str(error)[:300]
    return str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")[:300]


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"an object is wanted, not {type(value).__name__}")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"a list is wanted, not {type(value).__name__}")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a text is wanted, not {type(value).__name__}")
    return value
