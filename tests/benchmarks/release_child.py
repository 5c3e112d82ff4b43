"""Freezes and builds a release in a process of its own, and prints the most memory that it took, in MiB.

Arguments: the database's name, the state directory, the release.
"""

import sys
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings

from tests.benchmarks.peak import peak_mb

database, home, release = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
django.setup()
settings.HOME = Path(home)
actions, models = import_module("curation.releases.actions"), import_module("curation.releases.models")
actions.build(release=models.Release.objects.get(pk=release))
print(peak_mb())  # noqa: T201
