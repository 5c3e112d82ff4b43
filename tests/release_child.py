"""Builds a release in a process of its own and stops in the middle, so that a test can kill it there.

Arguments: the database's name, the state directory, the release, how many stories a part has, and after how many
stories it stops.
"""

import sys
import time
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings


def stop(done: int) -> None:
    """Say that enough rows are written, and wait to be killed."""
    if done >= int(enough):
        print(done, flush=True)  # noqa: T201
        time.sleep(600)


database, home, release, rows, enough = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
django.setup()
settings.HOME = Path(home)

slices = import_module("curation.releases.queries.slices")
slices.LEAST_IN_PART = slices.MOST_IN_PART = int(rows)
actions, models = import_module("curation.releases.actions"), import_module("curation.releases.models")
actions.build(release=models.Release.objects.get(pk=release), progress=stop)
