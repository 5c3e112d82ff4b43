"""Imports files in a process of its own, whose memory is limited to what a plain file takes and a fixed allowance.

Arguments: the database's name, the state directory, a curator's name, the allowance in MiB, and a JSON file that lists
the imports: each a name, a path, the command's other arguments, and the ways it comes by. The first is the plain one.
Prints what came of each, way by way.
"""

import json
import re
import resource
import sys
import time
import traceback
from importlib import import_module
from io import BytesIO, RawIOBase, StringIO
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

import django
from django.conf import settings

database, home, curator, allowance, listed = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
settings.ALLOWED_HOSTS = ["testserver"]
django.setup()
settings.HOME = Path(home)

# What every page and command loads, a file or not.
for module in ("django.test", "curation.urls", "pyarrow.parquet"):
    import_module(module)
management, test = import_module("django.core.management"), import_module("django.test")
importing = import_module("curation.stories.actions.importing")
client = test.Client()
client.force_login(import_module("curation.accounts.models").User.objects.get(username=curator))
BOUNDARY = "a-part-of-it"


class Joined(RawIOBase):
    """A body that is read from several streams, one after the other, and is never in memory as a whole."""

    def __init__(self, *streams: IO[bytes]) -> None:
        self.streams = list(streams)

    def readable(self) -> bool:
        return True

    def readinto(self, place: Any) -> int:
        while self.streams:
            if piece := self.streams[0].read(len(place)):
                place[: len(piece)] = piece
                return len(piece)
            self.streams.pop(0)
        return 0


def address_space(what: str) -> int:
    """What this process has reserved (`VmSize`), or the most that it had so far (`VmPeak`), in bytes."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) << 10


def send(address: str, kind: str, length: int, *body: IO[bytes]) -> Any:
    """POST a body as it is read."""
    place, _mark, query = address.partition("?")
    return client.request(
        REQUEST_METHOD="POST", PATH_INFO=place, QUERY_STRING=query, CONTENT_TYPE=kind, CONTENT_LENGTH=str(length),
        **{"wsgi.input": Joined(*body)},
    )  # fmt: skip


def by_command(path: Path, arguments: list[str]) -> dict[str, Any]:
    out = StringIO()
    try:
        management.call_command("import_stories", str(path), "--json", *arguments, stdout=out, stderr=StringIO())
    except management.CommandError as error:
        return {"refused": str(error)}
    return dict(json.loads(out.getvalue()))


def by_page(path: Path, _arguments: list[str]) -> dict[str, Any]:
    """Upload a file, look at it, and have it imported."""
    named = f'Content-Disposition: form-data; name="file"; filename="{path.name}"'
    head, tail = f"--{BOUNDARY}\r\n{named}\r\n\r\n".encode(), f"\r\n--{BOUNDARY}--\r\n".encode()
    with path.open("rb") as file:
        length = len(head) + path.stat().st_size + len(tail)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        answer = send("/stories/import/", kind, length, BytesIO(head), file, BytesIO(tail))
    if answer.status_code != 302:
        return {"refused": answer.content.decode(), "status": answer.status_code}
    looked = client.get(answer["Location"])
    assert looked.status_code == 200, looked.status_code
    sent = client.post(answer["Location"], {"new_source": f"page-{path.name}", "map_text": "text"})
    if sent.status_code != 302:
        return {"refused": looked.content.decode() + sent.content.decode(), "status": sent.status_code}
    return by_the_worker()


def by_api(path: Path, _arguments: list[str]) -> dict[str, Any]:
    """Send a file over the API, as lines where it is called so."""
    lines = path.suffix == ".jsonl"
    kind = "application/x-ndjson" if lines else "application/octet-stream"
    query = urlencode({"source": f"api-{path.stem}", "name": path.name})
    with path.open("rb") as file:
        answer = send(f"/api/v1/imports?{query}", kind, path.stat().st_size, file)
    if answer.status_code != 202:
        return {"refused": answer.json()["detail"], "status": answer.status_code}
    found, address = by_the_worker(), f"{answer['Location']}/rows?result=rejected&limit=500"
    told = 0
    while address:
        page = client.get(address).json()
        told += len([row for row in page["results"] if row["reason"]])
        address = page["next"]
    return found | {"told": told}


def by_the_worker() -> dict[str, Any]:
    run = importing.run_import(run=importing.claim())
    return {"state": run.state, "rows": run.rows_done, "created": run.created, "rejected": run.rejected}


WAYS = {"command": by_command, "page": by_page, "api": by_api}
found: dict[str, Any] = {}
for name, place, arguments, ways in json.loads(Path(listed).read_text()):
    came = found[name] = {}
    for way in ways:
        began = time.process_time()
        try:
            came[way] = WAYS[way](Path(place), arguments)
        except Exception:
            came[way] = {"broke": traceback.format_exc()[-1500:]}
        came[way] |= {"seconds": time.process_time() - began, "space": address_space("VmSize") >> 20}
    if len(found) == 1:
        most = address_space("VmPeak") + (int(allowance) << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(json.dumps(found))  # noqa: T201
