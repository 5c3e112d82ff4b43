"""Carries out the waiting import of a database in a process of its own, and prints its time and peak memory."""

import json
import re
import resource
import sys
import time
from pathlib import Path

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.HOME = sys.argv[2]
django.setup()

from curation.stories.ingest import claim, run_import  # noqa: E402


def peak_mb() -> float:
    """The most memory this process has held, in MiB; what getrusage says counts its parent's too, as of the fork."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


run = claim()
assert run is not None
began = time.perf_counter()
run = run_import(run=run)
print(  # noqa: T201
    json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "peak_mb": peak_mb(),
            "state": run.state,
            "created": run.created,
            "duplicates": run.duplicates,
        }
    )
)
