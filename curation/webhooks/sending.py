"""One attempt: a message is posted, redirects are followed, and what comes back is kept short. No database."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore2

from curation.webhooks.addresses import may_be_kept
from curation.webhooks.faults import ANSWERED, ASTRAY, BROKEN, DROPS, FAILED, LATE, REFUSED, TOO_FAR, UNREACHABLE
from curation.webhooks.network import AddressRefused
from curation.webhooks.parcels import AttemptResult, Parcel
from curation.webhooks.signing import headers_of

log = logging.getLogger(__name__)
CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
REDIRECTS = 3
KEEPS = {HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}
# So many bytes of an answer are read, and so many characters of them kept.
MOST_READ, MOST_KEPT = 65_536, 1_000
TIMEOUTS = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS, "pool": TOTAL_SECONDS}


async def send(pool: httpcore2.AsyncConnectionPool, parcel: Parcel, *, to_private: bool) -> AttemptResult:
    """Post once, within `TOTAL_SECONDS` whatever the receiver does, and return what came of it. Raises nothing."""
    began, outcome = time.monotonic(), AttemptResult()
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            await _post(pool, parcel, outcome, to_private=to_private)
    except AddressRefused as refused:
        outcome.status, outcome.error = None, REFUSED % {"host": str(refused)[:200]}
    except (TimeoutError, httpcore2.TimeoutException):
        # Whoever has answered with a 2xx has taken it, however long the rest takes.
        if outcome.status is None:
            outcome.error = LATE % {"n": f"{TOTAL_SECONDS:.0f}"}
    except httpcore2.ConnectError as error:
        outcome.error = UNREACHABLE % {"error": f"{error or type(error).__name__}"[:200]}
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError):
        if outcome.status is None:
            outcome.error = BROKEN
    except Exception as error:
        log.exception("a message could not be sent")
        outcome.error = FAILED % {"error": type(error).__name__}
    if outcome.status is not None and not outcome.error and not outcome.taken:
        form = DROPS if outcome.status in (301, 302, 303) else ANSWERED
        outcome.error = form % {"status": outcome.status}
    outcome.seconds = round(time.monotonic() - began, 3)
    return outcome


async def _post(
    pool: httpcore2.AsyncConnectionPool, parcel: Parcel, outcome: AttemptResult, *, to_private: bool
) -> None:
    url = parcel.url
    for _hop in range(REDIRECTS + 1):
        if not may_be_kept(url, to_private=to_private):
            where = urlsplit(url).hostname if url == parcel.url else None
            outcome.error = REFUSED % {"host": where} if where else ASTRAY
            return
        async with pool.stream(
            "POST", url, headers=_headers(parcel), content=parcel.body.encode(), extensions={"timeout": TIMEOUTS}
        ) as response:
            told = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
            if response.status not in KEEPS or "location" not in told:
                outcome.status, outcome.asked_wait = response.status, _asked_wait(response.status, told)
                outcome.answer = await _beginning(response)
                return
            try:
                url = urljoin(url, told["location"])
            except ValueError:
                url = ""
    outcome.error = TOO_FAR % {"n": REDIRECTS}


def _headers(parcel: Parcel) -> list[tuple[str | bytes, str | bytes]]:
    said = {
        "content-type": "application/json",
        "user-agent": "Exempla-Webhooks/1",
        "accept-encoding": "identity",
        **headers_of(message=parcel.message, body=parcel.body, secrets=parcel.secrets, now=datetime.now(UTC)),
    }
    return list(said.items())


def _asked_wait(status: int, told: dict[str, str]) -> int:
    said = told.get("retry-after", "")
    return int(said) if status in (429, 503) and said.isascii() and said.isdigit() and len(said) < 9 else 0


async def _beginning(response: Any) -> str:
    """The beginning of an answer as text. What is beyond `MOST_READ` is not read, and the connection closed."""
    read = b""
    async for piece in response.aiter_stream():
        read += piece
        if len(read) >= MOST_READ:
            break
    return read[:MOST_READ].decode("utf-8", "replace").replace("\0", "\ufffd")[:MOST_KEPT]
