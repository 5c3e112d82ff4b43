"""What a request looks like on the wire: made once by the libraries, and filled in for each call.

Calls of a run differ in a text and a key alone, and the libraries take milliseconds of processor to make each anew.
So they make one, which is caught before it leaves, and every call sends its bytes with its own text in them.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

TEXT = "the text of this call stands here 7c1d0f5e"
KEY = "the-key-of-this-call-stands-here-7c1d0f5e"
# What a template of a model's server may read as a command begins with one of these; the libraries defuse it.
COMMANDS = re.compile(r"[<\[\]]")
# What belongs to one request alone.
OWN_HEADERS = {"host", "content-length", "connection", "idempotency-key"}


@dataclass(frozen=True)
class Shape:
    """A request without its text and its key: the address, the headers, and the body before and after the text.

    The provider's key is among the headers, so they are never shown.
    """

    url: str
    headers: dict[str, str] = field(repr=False)
    before: bytes
    after: bytes

    def filled(self, http: "httpx2.AsyncClient", text: str, key: str) -> "httpx2.Request":
        """Return the request with a text and a key in it."""
        body = self.before + json.dumps(text, ensure_ascii=False).encode() + self.after
        headers = {**self.headers, "Idempotency-Key": key} if key else self.headers
        return http.build_request("POST", self.url, headers=headers, content=body)


async def caught(send: "Callable[[httpx2.AsyncClient], Awaitable[Any]]") -> Shape:
    """Return the shape of the request that `send` makes with `TEXT` and `KEY`. It goes nowhere.

    Raises whatever the libraries raise for what they cannot put into a request.
    """
    import httpx2

    found: list[httpx2.Request] = []

    class Catching(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            found.append(request)
            raise httpx2.ConnectError("this request is looked at and not sent")

    async with httpx2.AsyncClient(transport=Catching(), headers={"Accept-Encoding": "identity"}) as http:
        try:
            await send(http)
        except Exception:
            if not found:
                raise
    request = found[0]
    before, place, after = request.content.partition(json.dumps(TEXT).encode())
    if not place:
        raise ValueError("the request does not have its text in one piece")
    headers = {name: value for name, value in request.headers.items() if name not in OWN_HEADERS}
    return Shape(str(request.url), headers, before, after)


def has_commands(text: str) -> bool:
    """Whether a text may hold what a model's server takes for a command, so that the libraries have to see it."""
    return COMMANDS.search(text) is not None
