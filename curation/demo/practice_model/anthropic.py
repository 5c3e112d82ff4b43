"""The form of Anthropic's Messages and Message Batches."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from curation.demo.practice_model.models import Models, PracticeAnswer, PracticeQuestion, QuestionRefused
from curation.demo.practice_model.wire import PracticeReply, PracticeRequest, told

BATCH_LASTS = timedelta(hours=24)


def question_of(sent: Mapping[str, Any], *, key: str = "") -> PracticeQuestion:
    """What a message asks; `QuestionRefused` where the form is not that of the API."""
    messages, most = sent.get("messages"), sent.get("max_tokens")
    if not isinstance(sent.get("model"), str) or not isinstance(messages, list) or not messages:
        raise QuestionRefused(400, "invalid_request_error", "messages: Field required")
    if not isinstance(most, int) or most < 1:
        raise QuestionRefused(400, "invalid_request_error", "max_tokens: Field required")
    if sent.get("stream"):
        raise QuestionRefused(400, "invalid_request_error", "stream: the practice model answers whole")
    blocks = _blocks(sent.get("system", ""))
    return PracticeQuestion(
        model=sent["model"],
        system="\n".join(block.get("text", "") for block in blocks),
        text="\n".join(
            block.get("text", "")
            for message in messages
            if message.get("role") == "user"
            for block in _blocks(message.get("content", ""))
        ),
        schema=_schema(sent),
        most_tokens=most,
        cached="cache_control" in sent or any("cache_control" in block for block in blocks),
        temperature=sent.get("temperature"),
        key=key,
    )


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _tool(sent: Mapping[str, Any]) -> dict[str, Any] | None:
    """The tool by which a structured answer is asked for, if it is."""
    tools = sent.get("tools") or []
    return tools[0] if tools and (sent.get("tool_choice") or {}).get("type") in ("tool", "any") else None


def _schema(sent: Mapping[str, Any]) -> dict[str, Any] | None:
    if tool := _tool(sent):
        return dict(tool["input_schema"])
    asked = (sent.get("output_config") or {}).get("format") or sent.get("output_format") or {}
    return asked.get("schema")


def answered(sent: Mapping[str, Any], answer: PracticeAnswer, *, tier: str = "standard") -> dict[str, Any]:
    """An answer as a message: text, or the use of the tool that was asked for."""
    tool = _tool(sent)
    if tool and not answer.is_cut:
        content = {
            "type": "tool_use",
            "id": f"toolu_{answer.id[:24]}",
            "name": tool["name"],
            "input": json.loads(answer.text),
        }
    else:
        content = {"type": "text", "text": answer.text}
    usage = answer.usage
    return {
        "id": f"msg_{answer.id[:24]}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [content],
        "stop_reason": "max_tokens" if answer.is_cut else "tool_use" if tool else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input,
            "cache_creation_input_tokens": usage.cached_write,
            "cache_read_input_tokens": usage.cached_read,
            "cache_creation": {"ephemeral_5m_input_tokens": usage.cached_write, "ephemeral_1h_input_tokens": 0},
            "output_tokens": usage.output,
            "service_tier": tier,
        },
    }


def error(refused: QuestionRefused) -> dict[str, Any]:
    """An error in this form."""
    return {"type": "error", "error": {"type": refused.kind, "message": refused.message}, "request_id": None}


@dataclass
class PracticeBatch:
    """A batch: its requests, when it is worked off, and what came of it, once that is known."""

    id: str
    requests: list[dict[str, Any]]
    created_at: datetime
    ends_at: float
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)


class Batches:
    """The batches of one server. A batch is worked off when somebody asks for it after `seconds`."""

    def __init__(self, models: Models, *, seconds: float = 5.0) -> None:
        self.models, self.seconds = models, seconds
        self.known: dict[str, PracticeBatch] = {}

    def reply(self, request: PracticeRequest, address: str) -> PracticeReply:
        """Answer a request for `/v1/messages/batches`, or for something below it."""
        _, _, _, _, *rest = request.path.split("/")
        if not rest and request.method == "POST":
            return told(200, self.told(self.created(request.json()), address))
        if not rest:
            listed = [self.told(self.looked_at(batch), address) for batch in reversed(self.known.values())]
            first, last = (listed[0]["id"], listed[-1]["id"]) if listed else (None, None)
            return told(200, {"data": listed, "has_more": False, "first_id": first, "last_id": last})
        batch = self.known.get(rest[0])
        if batch is None:
            raise QuestionRefused(404, "not_found_error", f"batch: {rest[0]}")
        self.looked_at(batch)
        if rest[1:] == ["results"]:
            if batch.ended_at is None:
                raise QuestionRefused(400, "invalid_request_error", "the batch has not ended")
            lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in batch.lines)
            return PracticeReply(200, lines.encode(), {"content-type": "application/x-jsonl"})
        if rest[1:] == ["cancel"] and request.method == "POST" and batch.ended_at is None:
            batch.canceled_at = batch.canceled_at or datetime.now(UTC)
            batch.ends_at = 0.0
        return told(200, self.told(batch, address))

    def created(self, sent: Mapping[str, Any]) -> PracticeBatch:
        """Take a batch; `QuestionRefused` where its form is not that of the API."""
        requests = sent.get("requests") or []
        names = [one.get("custom_id") for one in requests]
        if not requests or len(set(names)) < len(names):
            raise QuestionRefused(
                400, "invalid_request_error", "requests: at least one, each with a custom_id of its own"
            )
        number = f"msgbatch_{len(self.known) + 1:024d}"
        batch = PracticeBatch(number, requests, datetime.now(UTC), time.monotonic() + self.seconds)
        self.known[batch.id] = batch
        return batch

    def looked_at(self, batch: PracticeBatch) -> PracticeBatch:
        """The batch, worked off if it is time."""
        if batch.ended_at is None and time.monotonic() >= batch.ends_at:
            batch.lines = [
                {"custom_id": one["custom_id"], "result": self.result(batch, one["params"], one["custom_id"])}
                for one in batch.requests
            ]
            batch.ended_at = datetime.now(UTC)
        return batch

    def result(self, batch: PracticeBatch, sent: Mapping[str, Any], name: str) -> dict[str, Any]:
        """What came of one request of a batch."""
        if batch.canceled_at is not None:
            return {"type": "canceled"}
        try:
            question = question_of(sent, key=name)
            answer = self.models.answer(question, remembered=self.models.remembers(question), batch=True)
        except QuestionRefused as refused:
            return {"type": "errored", "error": error(refused)}
        return {"type": "succeeded", "message": answered(sent, answer, tier="batch")}

    def told(self, batch: PracticeBatch, address: str) -> dict[str, Any]:
        """A batch in this form."""
        kinds = [line["result"]["type"] for line in batch.lines]
        ended = batch.ended_at is not None
        counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "canceling" if batch.canceled_at else "in_progress",
            "request_counts": {"processing": 0 if ended else len(batch.requests), **counts},
            "created_at": batch.created_at.isoformat(),
            "expires_at": (batch.created_at + BATCH_LASTS).isoformat(),
            "ended_at": batch.ended_at.isoformat() if batch.ended_at else None,
            "cancel_initiated_at": batch.canceled_at.isoformat() if batch.canceled_at else None,
            "archived_at": None,
            "results_url": f"{address}/v1/messages/batches/{batch.id}/results" if ended else None,
        }
