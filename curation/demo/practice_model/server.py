"""The practice model as a server: which address asks for what, whose key is known, and how long an answer takes."""

import asyncio
import socket
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from curation.demo.practice_model import anthropic, openai
from curation.demo.practice_model.models import Models, PracticeQuestion, QuestionRefused
from curation.demo.practice_model.wire import Connection, PracticeReply, PracticeRequest, deliver, told

MESSAGES, COMPLETIONS = "/v1/messages", "/v1/chat/completions"


class PracticeServer:
    """One server. An answer takes `seconds`; without a `key` of its own, any key will do."""

    def __init__(
        self, models: Models | None = None, *, seconds: float = 0.3, batch_seconds: float = 5.0, key: str = ""
    ) -> None:
        self.models = models or Models()
        self.seconds, self.key = seconds, key
        self.connected: set[asyncio.Transport] = set()
        self.batches = anthropic.Batches(self.models, seconds=batch_seconds)

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Answer on a socket that is bound."""

        def connection() -> Connection:
            return Connection(self.answer, self.deliver, self.connected)

        return await asyncio.get_running_loop().create_server(connection, sock=listener, backlog=2048)

    async def deliver(self, out: asyncio.Transport, reply: PracticeReply) -> None:
        """Send a reply."""
        await deliver(out, reply)

    async def answer(self, request: PracticeRequest) -> PracticeReply:
        """Answer any request, in the form that it came in."""
        form = anthropic if request.path.startswith(MESSAGES) else openai
        try:
            return await self.routed(request)
        except QuestionRefused as refused:
            return told(refused.status, form.error(refused))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            return told(400, form.error(QuestionRefused(400, "invalid_request_error", f"not understood: {error!r}")))

    async def routed(self, request: PracticeRequest) -> PracticeReply:
        """Answer a request; `QuestionRefused` where a provider would refuse it."""
        if request.path == "/healthz":
            return told(200, {"practice": True})
        self.check_key(request)
        if request.path == "/v1/models":
            return told(200, listed(self.models))
        if request.path.startswith(f"{MESSAGES}/batches"):
            return self.batches.reply(request, f"http://{request.headers.get('host', '')}")
        forms = {MESSAGES: anthropic, COMPLETIONS: openai}
        if request.method == "POST" and (form := forms.get(request.path)):
            return await self.asked(form, request.json(), key=request.headers.get("idempotency-key", ""))
        raise QuestionRefused(404, "not_found_error", f"there is no {request.path} here")

    def check_key(self, request: PracticeRequest) -> None:
        """`QuestionRefused` unless the request has a key, and the right one where there is one."""
        sent = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if not sent or (self.key and sent != self.key):
            raise QuestionRefused(401, "authentication_error", "invalid x-api-key")

    async def asked(self, form: ModuleType, sent: Mapping[str, Any], *, key: str) -> PracticeReply:
        """Work at an answer for its time, and charge for it, whether or not anybody still waits for it."""
        question: PracticeQuestion = form.question_of(sent, key=key)
        self.models.check(question)
        # Who asks before the first answer is there finds nothing in the cache.
        remembered = self.models.remembers(question)
        await asyncio.sleep(self.seconds)
        answer = self.models.answer(question, remembered=remembered)
        return told(200, form.answered(sent, answer), paid=True, request_id=f"req_{answer.id[:24]}")


def listed(models: Models) -> dict[str, Any]:
    """The models in a form that the clients of both kinds of provider read."""
    of_both = {"object": "model", "created": 0, "owned_by": "practice", "type": "model"}
    data = [
        {"id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z", **of_both} for name in models.models
    ]
    first, last = data[0]["id"], data[-1]["id"]
    return {"object": "list", "data": data, "has_more": False, "first_id": first, "last_id": last}
