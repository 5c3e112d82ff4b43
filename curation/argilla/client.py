"""Calls to one Argilla server over HTTP, and what went wrong with one in words.

Argilla's own client loses responses that were discarded, and is heavy. A call that may be made twice is tried again
within seconds; for what takes longer, a worker gives its work back and takes it up later.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx2
from django.conf import settings
from django.utils.dateparse import parse_datetime

from curation.argilla import faults
from curation.argilla.faults import ArgillaTrouble, RecordsMoved
from curation.argilla.keys import key_of
from curation.argilla.models import ArgillaServer
from curation.webhooks import calling
from curation.webhooks.calling import Missed, Once

API: Final = "/api/v1/"
# Calls that change nothing more when they are made once more.
REPEATABLE = {"GET", "PUT", "DELETE"}
TRIES, LONGEST_PAUSE = 3, 10.0
# The most bytes of one answer, and the most records that are asked for at a time; Argilla gives 1,000.
MOST_BYTES, A_PAGE = 64 * 1024**2, 500
LONGEST_SAID = 300

Json = dict[str, Any]


def trouble(missed: Missed) -> ArgillaTrouble:
    """Return what is told of a call that was missed. All but one that was refused may pass."""
    words = {
        "refused": faults.REFUSED % {"host": missed.host},
        "late": faults.LATE,
        "unreachable": faults.UNREACHABLE,
        "slower": faults.SLOWER,
        "broken": faults.BROKEN % {"status": missed.status},
    }[missed.why]
    return ArgillaTrouble(words, passes=missed.why != "refused", after=missed.after, status=missed.status)


class Argilla:
    """A server, while the block that it is entered for lasts. Every method makes calls, and raises `ArgillaTrouble`.

    `patient=False` has nothing be tried again, for a person who waits for the answer. `pause` waits between tries.
    """

    def __init__(
        self, server: ArgillaServer, *, patient: bool = True, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.server, self.tries, self.pause = server, TRIES if patient else 1, pause
        self.key = key_of(server)
        transport = Once(
            to_private=lambda: settings.ARGILLA_TO_PRIVATE_ADDRESSES, told=trouble, verified=server.verify_tls
        )
        # A redirect could lead the key to another host.
        self.http = calling.client(transport, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def version(self) -> str:
        """Return the server's version. `ArgillaTrouble` where what answers is no Argilla of version 2."""
        try:
            found = self.call("GET", "version")["version"]
        except ArgillaTrouble as error:
            if error.status not in (404, 405) and error.status // 100 != 3:
                raise
            found = ""
        except (KeyError, TypeError):
            found = ""
        if not str(found).startswith("2."):
            raise ArgillaTrouble(faults.NOT_ARGILLA % {"host": self.server.host})
        return str(found)

    def me(self) -> Json:
        """Return whose key it is: `id`, `username` and `role` (owner, admin or annotator)."""
        return without_key(self.call("GET", "me"))

    def workspace_id(self) -> str:
        """Return the id of the server's workspace."""
        for one in self.call("GET", "me/workspaces")["items"]:
            if one["name"] == self.server.workspace:
                return str(one["id"])
        raise ArgillaTrouble(faults.NO_WORKSPACE % {"workspace": self.server.workspace}, status=404)

    def people(self) -> list[Json]:
        """Return who has an account there: `id`, `username`, `first_name`, `last_name` and `role`.

        Whoever left the workspace is told to an owner's key alone; to others, those who are in it.
        """
        try:
            found = self.call("GET", "users")["items"]
        except ArgillaTrouble as error:
            if error.status != 403:
                raise
            found = self.call("GET", f"workspaces/{quote(self.workspace_id())}/users")["items"]
        return [without_key(one) for one in found]

    def datasets(self, workspace: str) -> list[Json]:
        """Return the datasets of a workspace."""
        found: list[Json] = self.call("GET", "me/datasets", workspace_id=workspace)["items"]
        return found

    def dataset(self, dataset: str) -> Json:
        """Return a dataset: `name`, `guidelines`, `status`, `distribution`, `last_activity_at` and more."""
        found: Json = self.call("GET", f"datasets/{quote(dataset)}")
        return found

    def fields(self, dataset: str) -> list[Json]:
        """Return the fields of a dataset's records."""
        return self._items(f"datasets/{quote(dataset)}/fields")

    def change_record(self, record: str, *, fields: Json) -> None:
        """Give a record other fields, all of them; what was answered about it stays."""
        self.call("PATCH", f"records/{quote(record)}", body={"fields": fields})

    def questions(self, dataset: str) -> list[Json]:
        """Return what is asked about a dataset's records."""
        return self._items(f"datasets/{quote(dataset)}/questions")

    def metadata_properties(self, dataset: str) -> list[Json]:
        """Return the metadata that a dataset's records may have."""
        return self._items(f"me/datasets/{quote(dataset)}/metadata-properties")

    def record(self, record: str) -> Json:
        """Return a record with its responses and suggestions."""
        found: Json = self.call("GET", f"records/{quote(record)}")
        return found

    def webhooks(self) -> list[Json]:
        """Return what the server calls: `id`, `url`, `secret`, `events` and `enabled`. An owner's key alone may ask."""
        return self._items("webhooks")

    def page(
        self,
        dataset: str,
        *,
        offset: int = 0,
        limit: int = A_PAGE,
        after: str | None = None,
        include: tuple[str, ...] = ("responses",),
    ) -> tuple[list[Json], int]:
        """Return up to `limit` records in the order in which they were made, and how many there are in all.

        `include` may have `responses` and `suggestions`. A page that is too large to be read is asked for in parts.
        With `after`, the id of the record that stood right before `offset`, it raises `RecordsMoved` where that stands
        there no more: records come in at the end, so some before it were deleted.
        """
        # The record before comes with the page, so that nothing can happen between the two.
        before = 0 if after is None else 1
        asked = {"offset": offset - before, "limit": limit + before, "include": ",".join(include)}
        try:
            found = self.call("GET", f"datasets/{quote(dataset)}/records", **asked)
        except ArgillaTrouble as error:
            if error.words != too_large() or limit == 1:
                raise
            half = limit // 2
            first, total = self.page(dataset, offset=offset, limit=half, after=after, include=include)
            if len(first) < half:
                return first, total
            last = first[-1]["id"]
            rest, _total = self.page(dataset, offset=offset + half, limit=limit - half, after=last, include=include)
            return first + rest, total
        items: list[Json] = found["items"]
        if before and (not items or items[0]["id"] != after):
            raise RecordsMoved
        return items[before:], int(found["total"])

    def call(self, method: str, path: str, *, body: Any = None, **params: Any) -> Any:
        """Make a call and return what it answers, read as JSON; None where it answers nothing. Raises `ArgillaTrouble`.

        One that may be made twice is made up to `TRIES` times, as long as no pause between them is longer than
        `LONGEST_PAUSE` seconds.
        """
        for tried in range(1, self.tries + 1):
            try:
                return self._call(method, path, body, params)
            except ArgillaTrouble as error:
                wait = max(error.after, 0.5 * 2 ** (tried - 1))
                asked_to_wait = error.status == 429
                again = error.passes and (method in REPEATABLE or asked_to_wait)
                if not again or tried == self.tries or wait > LONGEST_PAUSE:
                    raise
                self.pause(wait)
        raise AssertionError

    def _call(self, method: str, path: str, body: Any, params: Json) -> Any:
        headers = {"X-Argilla-Api-Key": self.key.value, "accept": "application/json", "user-agent": "Exempla/1"}
        with self.http.stream(
            method, f"{self.server.url}{API}{path}", headers=headers, params=params, json=body
        ) as answer:
            read = self._read(answer)
        if answer.status_code >= 300:
            self._refused(path, answer.status_code, read)
        if not read:
            return None
        try:
            return json.loads(read)
        except (ValueError, RecursionError):
            raise ArgillaTrouble(faults.NOT_ARGILLA % {"host": self.server.host}) from None

    def _read(self, answer: httpx2.Response) -> bytes:
        read = bytearray()
        for piece in answer.iter_bytes():
            read += piece
            if len(read) > MOST_BYTES:
                raise ArgillaTrouble(too_large())
        return bytes(read)

    def _refused(self, path: str, status: int, read: bytes) -> None:
        if status == 401:
            raise ArgillaTrouble(faults.KEY, status=status)
        if status == 403:
            raise ArgillaTrouble(faults.FORBIDDEN, status=status)
        if status == 404:
            raise ArgillaTrouble(faults.NOT_FOUND % {"what": path[:LONGEST_SAID]}, status=status)
        said = self.key.hidden_in(_said(read))
        if status == 409:
            raise ArgillaTrouble(faults.EXISTS % {"said": said}, status=status)
        raise ArgillaTrouble(faults.UNUSABLE % {"status": status, "said": said}, status=status)

    def _items(self, path: str) -> list[Json]:
        found: list[Json] = self.call("GET", path)["items"]
        return found


def moment(said: str) -> datetime:
    """Return a time as Argilla writes it, without a zone and meaning UTC."""
    found = parse_datetime(said)
    assert found is not None  # noqa: S101 - its schema says so  # nosec
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def too_large() -> str:
    """The words for an answer that is not read to its end."""
    return faults.TOO_LARGE % {"mb": MOST_BYTES // 1024**2}


def without_key(user: Json) -> Json:
    """Return a person as Argilla tells of them, without their key, which it tells to whoever may list people."""
    return {name: value for name, value in user.items() if name != "api_key"}


def _said(read: bytes) -> str:
    """What Argilla says of what it refused, on one line and not at length."""
    text = read[: LONGEST_SAID * 20].decode("utf-8", "replace").replace("\0", "\ufffd")
    try:
        told = json.loads(text)
        detail = told.get("detail", told) if isinstance(told, dict) else told
        text = detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False)
    except (ValueError, RecursionError):
        pass
    return " ".join(text.split())[:LONGEST_SAID]
