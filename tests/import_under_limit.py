"""Imports files in a process of its own, whose memory is limited to what a plain file takes and a fixed allowance.

Arguments: the database's name, the state directory, a curator's name, the allowance in MiB, and a JSON file that lists
the imports: each a name, a path, the command's other arguments, and whether it is uploaded as well. The first is the
plain one. Prints what came of each.
"""

import json
import re
import resource
import sys
import time
import traceback
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

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
client = test.Client()
client.force_login(import_module("curation.accounts.models").User.objects.get(username=curator))


def address_space(what: str) -> int:
    """What this process has reserved (`VmSize`), or the most that it had so far (`VmPeak`), in bytes."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) << 10


def by_command(path: str, arguments: list[str]) -> dict[str, Any]:
    out = StringIO()
    try:
        management.call_command("import_stories", path, "--json", *arguments, stdout=out, stderr=StringIO())
    except management.CommandError as error:
        return {"refused": str(error)}
    return dict(json.loads(out.getvalue()))


def by_page(path: str) -> list[int]:
    """Upload a file, and look at it before it is imported; return the status of both pages."""
    with open(path, "rb") as file:
        answer = client.post("/stories/import/", {"file": file})
    if answer.status_code != 302:
        return [answer.status_code]
    return [answer.status_code, client.get(answer["Location"]).status_code]


found: dict[str, Any] = {}
for name, path, arguments, upload in json.loads(Path(listed).read_text()):
    began = time.process_time()
    try:
        found[name] = by_command(path, arguments) | ({"pages": by_page(path)} if upload else {})
    except Exception:
        found[name] = {"broke": traceback.format_exc()[-1500:]}
    found[name] |= {"seconds": time.process_time() - began, "space": address_space("VmSize") >> 20}
    if len(found) == 1:
        most = address_space("VmPeak") + (int(allowance) << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(json.dumps(found))  # noqa: T201
