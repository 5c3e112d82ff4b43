"""The form of OpenAI's chat completions, which many other servers speak as well."""

import time
from collections.abc import Mapping
from typing import Any

from curation.demo.practice_model.models import PracticeAnswer, PracticeQuestion, QuestionRefused

MOST_TOKENS = 128_000


def question_of(sent: Mapping[str, Any], *, key: str = "") -> PracticeQuestion:
    """What a completion asks; `QuestionRefused` where the form is not that of the API."""
    messages = sent.get("messages")
    if not isinstance(sent.get("model"), str) or not isinstance(messages, list) or not messages:
        raise QuestionRefused(400, "invalid_request_error", "you must provide a model and messages")
    if sent.get("stream"):
        raise QuestionRefused(400, "invalid_request_error", "stream: the practice model answers whole")
    said = {
        role: "\n".join(_text(message.get("content")) for message in messages if message.get("role") in roles)
        for role, roles in {"system": ("system", "developer"), "user": ("user",)}.items()
    }
    return PracticeQuestion(
        model=sent["model"],
        system=said["system"],
        text=said["user"],
        schema=_schema(sent),
        most_tokens=sent.get("max_completion_tokens") or sent.get("max_tokens") or MOST_TOKENS,
        # It is kept without being asked to.
        cached=True,
        temperature=sent.get("temperature"),
        key=key,
    )


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content or [])


def _tool(sent: Mapping[str, Any]) -> dict[str, Any] | None:
    tools = [tool["function"] for tool in sent.get("tools") or [] if tool.get("type") == "function"]
    return tools[0] if tools and sent.get("tool_choice") not in (None, "none", "auto") else None


def _schema(sent: Mapping[str, Any]) -> dict[str, Any] | None:
    if tool := _tool(sent):
        return dict(tool["parameters"])
    asked = sent.get("response_format") or {}
    return (asked.get("json_schema") or {}).get("schema")


def answered(sent: Mapping[str, Any], answer: PracticeAnswer) -> dict[str, Any]:
    """An answer as a completion: text, or the call of the tool that was asked for."""
    tool, usage = _tool(sent), answer.usage
    said: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if tool:
        call = {"name": tool["name"], "arguments": answer.text}
        said = {
            **said,
            "content": None,
            "tool_calls": [{"id": f"call_{answer.id[:24]}", "type": "function", "function": call}],
        }
    prompt = usage.input + usage.cached_read + usage.cached_write
    return {
        "id": f"chatcmpl-{answer.id[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.model,
        "choices": [
            {
                "index": 0,
                "message": said,
                "logprobs": None,
                "finish_reason": "length" if answer.is_cut else "tool_calls" if tool else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": usage.output,
            "total_tokens": prompt + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cached_read},
        },
    }


def error(refused: QuestionRefused) -> dict[str, Any]:
    """An error in this form."""
    code = "model_not_found" if refused.kind == "not_found_error" else None
    return {"error": {"type": refused.kind, "code": code, "message": refused.message, "param": None}}
