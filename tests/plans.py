"""What a statement has the database read, whatever it knows of its tables."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from django.conf import settings
from django.db import connection, transaction

# How many rows in how many pages a table had when the database last looked: it never did, the table was empty, all its
# rows had just been deleted, it had one, it had thousands.
KNOWN = ((-1, 0), (0, 0), (0, 20), (1, 1), (5000, 200))
LEFT_OUT = ("Rows Removed by Filter", "Rows Removed by Join Filter")

# A step of a plan, as `EXPLAIN (ANALYZE, FORMAT JSON)` has it.
Step = dict[str, Any]


class _SeenError(Exception):
    """Ends a run once its statement has been seen."""


def steps_of(run: Callable[[], object], statement: str, *tables: str) -> Iterator[list[Step]]:
    """Yield the steps of the first statement of `run` that has `statement` in it, for each `KNOWN` of all `tables`.

    The run ends there and is undone, and what was known is forgotten.
    """
    owner = connection.copy("owner")
    owner.settings_dict.update(settings.DATABASE_OWNER)
    owner.settings_dict["NAME"] = connection.settings_dict["NAME"]
    owner.settings_dict["OPTIONS"].pop("pool")
    know = "UPDATE pg_class SET reltuples = %s, relpages = %s WHERE relname = ANY(%s)"
    with closing(owner), owner.cursor() as cursor:
        for rows, pages in KNOWN:
            cursor.execute(know, [rows, pages, list(tables)])
            try:
                yield list(_every_step(_plan(run, statement)))
            finally:
                cursor.execute(know, [*KNOWN[0], list(tables)])


def rows_read(steps: list[Step]) -> float:
    """How many rows the steps looked at, with those that they left out."""
    read = ((step["Actual Rows"] + sum(step.get(key, 0) for key in LEFT_OUT), step["Actual Loops"]) for step in steps)
    return sum(rows * loops for rows, loops in read)


def _plan(run: Callable[[], object], statement: str) -> Step:
    found: list[Step] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if statement not in sql:
            return execute(sql, params, many, context)
        execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        found.append(context["cursor"].fetchone()[0][0]["Plan"])
        raise _SeenError

    try:
        with transaction.atomic(), connection.execute_wrapper(explained):
            run()
    except _SeenError:
        return found[0]
    raise AssertionError(f"nothing was asked of {statement}")


def _every_step(plan: Step) -> Iterator[Step]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _every_step(below)
