"""Publishes what waits in a process of its own, so that a test can kill it in the middle.

Arguments: the database's name and the state directory.
"""

import sys
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings

database, home = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
django.setup()
settings.HOME = Path(home)
settings.PUBLISHING_TO_PRIVATE_ADDRESSES = True
import_module("curation.publishing.carrying").carry_out_due()
