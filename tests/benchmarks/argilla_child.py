"""Reads all records of the one linked queue of a database, in a process of its own, and prints its peak memory."""

import json
import sys

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.ARGILLA_TO_PRIVATE_ADDRESSES = True
django.setup()

from curation.argilla.carrying import carry_out, claim  # noqa: E402
from tests.benchmarks.peak import peak_mb  # noqa: E402
from tests.benchmarks.spent import spent  # noqa: E402

claimed = claim()
assert claimed is not None
with spent() as cost:
    done = carry_out(*claimed, pushes=False)
print(  # noqa: T201
    json.dumps({"seconds": cost.clock, "peak_mb": peak_mb(), "found": done.found, "fault": done.fault})
)
