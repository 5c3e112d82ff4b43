"""SQL functions, each in a file of its own.

`sql/NAME.sql` of an app is the function as it is now. `sql/NNNN/NAME.sql` is what the app's migration NNNN creates, and
stays as it is: whoever changes a function adds a migration with a copy of its own.
"""

from pathlib import Path

from django.apps import apps


def sql_folder(app: str) -> Path:
    """Return the folder with the SQL functions of `app`, named by its label."""
    return Path(apps.get_app_config(app).path) / "sql"


def function_text(app: str, name: str, *, migration: str = "") -> str:
    """Return the text of a function as it is now, or as the migration of this number creates it."""
    return (sql_folder(app) / migration / f"{name}.sql").read_text(encoding="utf-8")
