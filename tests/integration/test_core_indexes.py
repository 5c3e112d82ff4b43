"""Every index is paid for with each row that is written, so none repeats what another already does."""

import pytest
from django.apps import apps
from django.db import connection

# Indexes over a column list that another index of the same table, just as wide or wider, begins with.
REPEATED = """
SELECT narrow.indexrelid::regclass::text || ' repeats ' || wide.indexrelid::regclass::text
FROM pg_index narrow
JOIN pg_index wide ON wide.indrelid = narrow.indrelid AND wide.indexrelid <> narrow.indexrelid
JOIN pg_class narrow_class ON narrow_class.oid = narrow.indexrelid
JOIN pg_class wide_class ON wide_class.oid = wide.indexrelid
WHERE narrow_class.relnamespace = 'public'::regnamespace
  AND narrow.indrelid::regclass::text = ANY(%s)
  AND NOT narrow.indisunique AND narrow.indexprs IS NULL AND wide.indexprs IS NULL
  AND narrow_class.relam = wide_class.relam
  AND coalesce(pg_get_expr(narrow.indpred, narrow.indrelid), '')
    = coalesce(pg_get_expr(wide.indpred, wide.indrelid), '')
  AND (narrow.indkey::int[])[0:narrow.indnkeyatts - 1] = (wide.indkey::int[])[0:narrow.indnkeyatts - 1]
  AND (narrow.indclass::oid[])[0:narrow.indnkeyatts - 1] = (wide.indclass::oid[])[0:narrow.indnkeyatts - 1]
ORDER BY 1
"""


NAMES = "SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class WHERE relkind = 'i'"


@pytest.mark.django_db
def test_every_rule_and_index_that_a_model_names_is_there() -> None:
    """A migration that drops the index of a foreign key takes a rule over the same column alone with it."""
    rooms = ("annotations", "curation")
    models = [model for model in apps.get_models() if model.__module__.startswith(rooms)]
    named = {one.name for model in models for one in (*model._meta.constraints, *model._meta.indexes)}
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        assert named - {row[0] for row in cursor.fetchall()} == set()


@pytest.mark.django_db
def test_no_index_repeats_another() -> None:
    ours = [
        model._meta.db_table for model in apps.get_models() if model.__module__.startswith(("annotations", "curation"))
    ]
    with connection.cursor() as cursor:
        cursor.execute(REPEATED, [ours])
        assert [row[0] for row in cursor.fetchall()] == []
