"""Carries out the waiting import of a database in a process of its own, and prints its time and peak memory."""

import json
import resource
import sys
import time

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.MEDIA_ROOT = sys.argv[2]
django.setup()

from curation.stories.ingest import claim, run_import  # noqa: E402

run = claim()
assert run is not None
began = time.perf_counter()
run = run_import(run=run)
print(  # noqa: T201
    json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "state": run.state,
            "created": run.created,
            "duplicates": run.duplicates,
        }
    )
)
