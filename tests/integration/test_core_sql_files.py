"""SQL functions: what the database has is what the files say, and each migration has a copy of its own."""

import re

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL

from curation.core import roles, triggers
from curation.core.sql_files import function_text, sql_folder
from tests.template import files_it_is_made_of

LABELS = sorted(app.label for app in apps.get_app_configs() if sql_folder(app.label).is_dir())
NEWEST = [(label, path.stem) for label in LABELS for path in sorted(sql_folder(label).glob("*.sql"))]
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\(.*?END \$\$;", re.DOTALL)
DEFINED = """
SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL
"""


def defined() -> dict[str, str]:
    """The functions of the database, by name, as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        cursor.execute(DEFINED)
        rows = cursor.fetchall()
    assert len(dict(rows)) == len(rows), "two functions have one name"
    return dict(rows)


def written() -> dict[str, str]:
    """The functions of the files, and those that the operations of `core.triggers` make for one table each."""
    found: dict[str, str] = {}
    graph = MigrationLoader(connection).graph
    # Each once, behind all that it follows: a plan for every newest one names the early ones again and again.
    for node in dict.fromkeys(node for key in graph.leaf_nodes() for node in graph.forwards_plan(key)):
        for operation in graph.nodes[node].operations:
            if isinstance(operation, RunSQL):
                texts = {match[1]: match[0] for match in FUNCTION.finditer(str(operation.sql))}
                # One that a rule made may be replaced by a later migration.
                is_rule = type(operation).__module__ == triggers.__name__
                found |= {name: text for name, text in texts.items() if is_rule or name in found}
    for label, name in NEWEST:
        found |= {match[1]: match[0] for match in FUNCTION.finditer(function_text(label, name))}
    return found


def test_the_migrated_database_has_every_function_as_it_is_written(transactional_db: None) -> None:
    texts, migrated = written(), defined()
    assert texts.keys() == migrated.keys()
    with roles.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        for text in texts.values():
            cursor.execute(re.sub(r"CREATE (OR REPLACE )?FUNCTION", "CREATE OR REPLACE FUNCTION", text))
        rewritten = defined()
        transaction.set_rollback(True)
    assert rewritten == migrated


@pytest.mark.parametrize(("label", "name"), NEWEST)
def test_a_function_is_what_the_latest_migration_of_it_creates(label: str, name: str) -> None:
    copies = sorted(sql_folder(label).glob(f"*/{name}.sql"))
    assert copies, f"no migration creates {name}"
    assert copies[-1].read_text() == function_text(label, name), "a changed function needs a migration of its own"
    assert f"FUNCTION {'exempla' if label == 'core' else label}_{name}(" in function_text(label, name)


@pytest.mark.parametrize("label", LABELS)
def test_each_copy_is_loaded_by_the_migration_of_its_number(label: str) -> None:
    migrations = sql_folder(label).parent / "migrations"
    for copy in sql_folder(label).glob("*/*.sql"):
        (migration,) = migrations.glob(f"{copy.parent.name}_*.py")
        assert f'"{copy.parent.name}"' in migration.read_text()
        assert f'"{copy.stem}"' in migration.read_text()
        assert (copy.parent.parent / copy.name).exists(), "the function as it is now is missing"


def test_a_changed_copy_makes_another_template_of_the_test_databases() -> None:
    copies = {copy for label in LABELS for copy in sql_folder(label).glob("*/*.sql")}
    assert copies <= set(files_it_is_made_of())
