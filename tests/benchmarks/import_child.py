"""Carries out the waiting import of a database in a process of its own, and prints its time and peak memory.

The time is also that of the process which prepares stories beside it.
"""

import json
import resource
import sys

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.HOME = sys.argv[2]
django.setup()

from curation.stories.actions.importing import claim, run_import  # noqa: E402
from tests.benchmarks.peak import peak_mb  # noqa: E402
from tests.benchmarks.spent import spent  # noqa: E402

run = claim()
assert run is not None
with spent() as cost:
    run = run_import(run=run)
print(  # noqa: T201
    json.dumps(
        {
            "seconds": cost.clock,
            "processor": cost.processor,
            "python": cost.python,
            "database": cost.database,
            "peak_mb": peak_mb(),
            # Of the one that prepares stories; what it shares with this one is counted with it too.
            "beside_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
            "state": run.state,
            "created": run.created,
            "duplicates": run.duplicates,
        }
    )
)
