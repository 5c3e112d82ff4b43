"""Takes a lease in a process of its own, says so, and then holds the interpreter's lock for as long as it lives.

Arguments: the database's name, the model, the token, how many seconds the lease lasts, the ids of the rows.
"""

import ctypes
import os
import sys
from datetime import timedelta
from importlib import import_module

import django
from django.apps import apps
from django.conf import settings

database, label, token, seconds, *ids = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
django.setup()

leases = import_module("curation.core.leases")
lease = leases.Lease(apps.get_model(label), map(int, ids), int(token), lasts=timedelta(seconds=float(seconds)))
with lease:
    print(os.getpid(), flush=True)  # noqa: T201
    # `PyDLL` keeps the interpreter's lock: no thread of this process runs from here on.
    ctypes.PyDLL(None).sleep(600)
