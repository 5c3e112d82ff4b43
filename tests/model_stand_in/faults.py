"""The practice model with everything that can go wrong between us and a provider, each as often as a test wants."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from curation.demo.practice_model.models import Models, PracticeAnswer, PracticeQuestion, QuestionRefused
from curation.demo.practice_model.server import PracticeServer
from curation.demo.practice_model.wire import PracticeReply, PracticeRequest, told

# Said before any work is done, so nothing is charged.
UNPAID = {
    "limited": (429, "rate_limit_error"),
    "unavailable": (503, "api_error"),
    "overloaded": (529, "overloaded_error"),
    "forbidden": (403, "permission_error"),
}
# The model has answered, and is paid. What it wrote is not what was asked for:
WRITTEN = {
    "truncated_answer": lambda text: text[: len(text) // 2],
    "wrong_types_answer": lambda text: json.dumps(dict.fromkeys(json.loads(text), 7)),
    "garbage_answer": lambda text: "Sure! Here is the JSON you asked for: {criteria: [",
    "empty_answer": lambda text: "",
}
# Or it was lost or mangled on its way:
SENT = ("truncated_body", "wrong_types_body", "html_body", "huge_body", "reset", "drip")
# Nothing was done, and nobody says so.
SILENT = ("reset_at_once", "hang")
FAULTS = (*UNPAID, *WRITTEN, *SENT, *SILENT)


@dataclass
class Faults:
    """What goes wrong. `rates` maps names of `FAULTS` to chances, `poison` a word in a story to what it always meets.

    `down` answers everything with 503. `requests_a_minute` is a limit as providers keep it: a bucket, and 429 with
    `retry_after` seconds. `more_seconds` is the greatest part of an answer's time that differs from call to call.
    """

    rates: dict[str, float] = field(default_factory=dict)
    poison: dict[str, str] = field(default_factory=dict)
    down: bool = False
    requests_a_minute: int = 0
    retry_after: float | None = 1.0
    more_seconds: float = 0.0
    huge_bytes: int = 100_000_000
    drip_seconds: float = 60.0
    seed: int = 1


@dataclass(frozen=True)
class Faulty(PracticeReply):
    """A reply that does not arrive as it should."""

    fault: str = ""


class FaultyServer(PracticeServer):
    """The practice model's server; `faults` may be replaced at any time."""

    def __init__(self, models: Models, *, seconds: float = 0.0, key: str = "") -> None:
        super().__init__(models, seconds=seconds, batch_seconds=0.2, key=key)
        self.faults = Faults()
        self.begin(self.faults)

    def begin(self, faults: Faults) -> None:
        """From now on these faults, and counts from nothing."""
        self.faults, self.chance = faults, random.Random(faults.seed)  # noqa: S311 - not secret
        self.met: Counter[str] = Counter()
        self.calls = self.working = self.most_working = 0
        self.bucket, self.filled_at = float(faults.requests_a_minute), time.monotonic()

    def chosen(self, question: PracticeQuestion) -> str:
        """The fault that this call meets, if any."""
        for word, fault in self.faults.poison.items():
            if word in question.text:
                return fault
        drawn = self.chance.random()
        for fault, rate in self.faults.rates.items():
            if drawn < rate:
                return fault
            drawn -= rate
        return ""

    def is_over_limit(self) -> bool:
        """Whether this call is more than the minute allows."""
        a_minute, now = self.faults.requests_a_minute, time.monotonic()
        if not a_minute:
            return False
        self.bucket = min(float(a_minute), self.bucket + (now - self.filled_at) * a_minute / 60)
        self.filled_at = now
        if self.bucket < 1:
            return True
        self.bucket -= 1
        return False

    async def asked(self, form: ModuleType, sent: Mapping[str, Any], *, key: str) -> PracticeReply:
        """Work at an answer, unless something goes wrong."""
        question: PracticeQuestion = form.question_of(sent, key=key)
        self.models.check(question)
        self.calls += 1
        fault = "unavailable" if self.faults.down else "limited" if self.is_over_limit() else self.chosen(question)
        self.met[fault] += 1
        if fault in UNPAID:
            status, kind = UNPAID[fault]
            wait = self.faults.retry_after
            more = {} if wait is None or fault == "forbidden" else {"retry_after": f"{wait:g}"}
            return told(
                status, form.error(QuestionRefused(status, kind, f"the stand-in was told to say {fault}")), **more
            )
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "reset_at_once":
            return Faulty(200, b"", fault=fault)
        remembered = self.models.remembers(question)
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        try:
            if wait := self.seconds + self.chance.uniform(0, self.faults.more_seconds):
                await asyncio.sleep(wait)
            answer = self.models.answer(question, remembered=remembered)
        finally:
            self.working -= 1
        if fault in WRITTEN:
            answer = replace(answer, text=WRITTEN[fault](answer.text), is_cut=fault == "truncated_answer")
        whole = told(200, form.answered(sent, answer), paid=True, request_id=f"req_{answer.id[:24]}")
        return mangled(whole, fault, answer, self.faults) if fault in SENT else whole

    async def deliver(self, out: asyncio.Transport, reply: PracticeReply) -> None:
        """Send a reply, or what is left of it."""
        fault = reply.fault if isinstance(reply, Faulty) else ""
        if fault == "reset_at_once":
            out.abort()
        elif fault == "reset":
            out.write(reply.head() + reply.body[: len(reply.body) // 2])
            out.abort()
        elif fault == "drip":
            out.write(reply.head())
            for byte in reply.body:
                out.write(bytes([byte]))
                await asyncio.sleep(self.faults.drip_seconds / len(reply.body))
                if out.is_closing():
                    return
        elif fault == "huge_body":
            await self.flood(out, reply)
        else:
            await super().deliver(out, reply)

    async def flood(self, out: asyncio.Transport, reply: PracticeReply) -> None:
        """Send an answer of `huge_bytes`, which is never in memory whole."""
        piece, sent = b" " * 65_536, 0
        out.write(reply.head(self.faults.huge_bytes))
        while sent < self.faults.huge_bytes and not out.is_closing():
            out.write(piece[: self.faults.huge_bytes - sent])
            sent += len(piece)
            while out.get_write_buffer_size() > 1_000_000 and not out.is_closing():
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)

    async def answer(self, request: PracticeRequest) -> PracticeReply:
        """As a provider that is down answers, or as the practice model does."""
        if self.faults.down and request.path != "/healthz":
            self.met["unavailable"] += 1
            return told(503, {"type": "error", "error": {"type": "api_error", "message": "down"}})
        return await super().answer(request)


def mangled(whole: PracticeReply, fault: str, answer: PracticeAnswer, faults: Faults) -> PracticeReply:
    """A reply that was paid for, as it arrives."""
    body = whole.body
    if fault == "truncated_body":
        body = body[: len(body) // 2]
    elif fault == "html_body":
        body = b"<html><body>502 Bad Gateway</body></html>"
    elif fault == "wrong_types_body":
        body = json.dumps({**json.loads(body), "usage": "plenty", "content": 5, "choices": {"0": answer.id}}).encode()
    headers = {**whole.headers, **({"content-type": "text/html"} if fault == "html_body" else {})}
    return Faulty(200, body, headers, True, fault=fault)
