"""Append-only tables cannot be emptied either."""

import pytest
from django.db import IntegrityError, connection, transaction

TABLES = [
    "audit_entry",
    "stories_story",
    "annotations_review",
    "annotations_decision",
    "scoring_score",
    "calibration_exposure",
    "releases_release",
    "releases_releaseitem",
    "releases_blob",
]


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses_to_empty_an_append_only_table(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL exempla.tables_may_be_emptied = 'off'")
        with pytest.raises(IntegrityError, match="TRUNCATE refused"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")
