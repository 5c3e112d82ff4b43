"""Reads all of the one linked queue of a database, or fetches what is due, in a process of its own.

`python argilla_child.py DATABASE read|fetch HOME`. Prints its peak memory, and what the reading found and met.
"""

import json
import sys
from pathlib import Path

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.HOME = Path(sys.argv[3])
settings.ARGILLA_TO_PRIVATE_ADDRESSES = True
django.setup()

from curation.argilla.carrying import carry_out, claim  # noqa: E402
from curation.ratings_import.actions.fetches import fetch_due  # noqa: E402
from tests.benchmarks.peak import peak_mb  # noqa: E402
from tests.benchmarks.spent import spent  # noqa: E402


def read() -> dict[str, object]:
    """Read all of the link."""
    claimed = claim()
    assert claimed is not None
    done = carry_out(*claimed, pushes=False)
    return {"found": done.found, "fault": done.fault}


def fetch() -> dict[str, object]:
    """Fetch what is due."""
    return {"found": fetch_due(), "fault": ""}


with spent() as cost:
    told = {"read": read, "fetch": fetch}[sys.argv[2]]()
print(json.dumps({"seconds": cost.clock, "peak_mb": peak_mb()} | told))  # noqa: T201
