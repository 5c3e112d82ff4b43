"""The migrated, empty database that test databases are copied from: migrating takes many seconds, copying one.

It is named after what makes it, so that a change of a migration makes a new one, and the old one goes.
"""

import gc
import hashlib
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.db import connection

from curation.core import roles
from tests.one_model import one_model_at_a_time

PREFIX = "exempla_template_"
HOUSE = Path(__file__).resolve().parents[1]
# What migrations consist of, and what they import.
MADE_OF = (
    "*/migrations/*.py",
    "*/*/migrations/*.py",
    "**/sql/**/*.sql",
    "curation/core/triggers.py",
    "curation/core/sql_files.py",
    "curation/core/folding.py",
    "curation/core/roles.py",
    "curation/core/management/commands/migrate.py",
    "tests/one_model.py",
    "curation/stories/source_names.py",
    "curation/accounts/models.py",
    "tests/template.py",
)
# The first number of the advisory lock by which one process makes it and the others wait.
MAKING = 7_499


def files_it_is_made_of() -> list[Path]:
    """Return the files of which a change makes another template, in the order of `MADE_OF`, then by path."""
    found = [file for pattern in MADE_OF for file in sorted(HOUSE.glob(pattern))]
    return [file for file in found if ".venv" not in file.parts and "var" not in file.parts]


def name_of_template() -> str:
    """Return its name, by the content of all that makes it."""
    made = hashlib.sha256(" ".join([version("Django"), *settings.INSTALLED_APPS]).encode())
    for file in files_it_is_made_of():
        made.update(f"{file.relative_to(HOUSE)}\0".encode() + file.read_bytes())
    return PREFIX + made.hexdigest()[:16]


def copy_from_template() -> None:
    """Have Django's test database be a copy of the template, which is made first where there is none."""
    name, test = name_of_template(), connection.settings_dict["TEST"]
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [MAKING])
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"])
        found = {datname for (datname,) in cursor.fetchall()}
        if name not in found:
            for old in found:
                cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            _make(name)
    test["TEMPLATE"] = name


def _make(name: str) -> None:
    unfinished = f"{PREFIX}unfinished"
    kept, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    wanted = test["NAME"]
    test["NAME"] = unfinished
    try:
        with one_model_at_a_time():
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        with connection.cursor() as cursor:
            roles.grant_runtime(cursor, settings.RUNTIME["USER"])
    finally:
        test["NAME"] = wanted
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = kept
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


if __name__ == "__main__":
    django.setup()
    # Each migration makes the models anew: to look for those of before takes longer than to keep them for a while.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    copy_from_template()
