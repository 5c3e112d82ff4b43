"""Statements that are asked many times a second: written once as a query, turned into SQL once, planned once.

Django makes the SQL of a query anew each time, and PostgreSQL a plan of it, which for a page that people wait for costs
more than the answer. A `Prepared` query is made once per process and language, and prepared on each connection.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connection, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import get_language
from psycopg import sql
from psycopg.types.numeric import Int8

Row = TypeVar("Row")
PLACE = re.compile("%[%s]")
# Values that no query names, within what a small column holds, by which the parameters of a query are found in it.
FIRST_INT, FIRST_TIME = 32_701, datetime(1, 1, 2, tzinfo=UTC)


class _Cursor(ServerBindingCursor):
    """Has each statement prepared, and all whole numbers of one type, so that it is prepared once."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Any:
        if isinstance(params, dict):
            params = {name: _wide(value) for name, value in params.items()}
        elif params is not None:
            params = [_wide(value) for value in params]
        return super().execute(query, params, prepare=True)  # type: ignore[misc]  # the stubs know no ancestors

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # Where statements are logged, Django looks here for what was sent.
        self._query = super()._convert_query(query, params)  # type: ignore[misc]
        return self._query


def _wide(value: Any) -> Any:
    return Int8(value) if type(value) is int else value


def is_key(value: int) -> bool:
    """Whether a row can have this number: whatever is in an address may be asked for."""
    return -(2**63) <= value < 2**63


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """Give a cursor whose statements are planned once per connection. They must always read the same."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        made = _Cursor(connection.connection)  # type: ignore[call-arg]  # likewise
    with connection._prepare_cursor(made) as cursor:  # type: ignore[attr-defined]  # it logs and wraps errors
        yield cursor


class _Ready(SQLCompiler):
    """The compiler of a query whose SQL is known."""

    statement: str
    values: list[Any]

    def as_sql(self, *args: Any, **options: Any) -> Any:
        made = super().as_sql(*args, **options)
        self._converters = super().get_converters([column[0] for column in self.select[: self.col_count]])
        return made

    def get_converters(self, _columns: Any) -> Any:
        return self._converters

    def answer_with(self, statement: str, values: list[Any]) -> "_Ready":
        ready = copy(self)
        ready.connection, ready.statement, ready.values = connections[connection.alias], statement, values
        return ready

    def execute_sql(self, *_args: Any, **_options: Any) -> Any:
        with prepared_cursor() as cursor:
            cursor.execute(self.statement, self.values)
            return [cursor.fetchall()]


class Prepared(Generic[Row]):
    """A query that is asked with other parameters each time: `make` gets a stand-in for each, and returns the query.

    The parameters' kinds are given by name: `int`, `str` or `datetime`. What else is in the query stays as it was when
    it was first made in the language of whoever looks.
    """

    def __init__(self, make: Callable[..., "QuerySet[Any, Row]"], **kinds: type) -> None:
        self._make, self._kinds = make, kinds
        self._made: dict[str | None, tuple[QuerySet[Any, Row], _Ready, str, list[str]]] = {}
        self._lock = Lock()

    def __call__(self, **parameters: Any) -> list[Row]:
        """Return the rows, in one statement; none for a number that no row can have."""
        if not all(is_key(value) for value in parameters.values() if isinstance(value, int)):
            return []
        return list(self.asking(**parameters))

    def asking(self, **parameters: Any) -> Iterator[Row]:
        """Return what will ask when it is iterated. Many threads do so at once, so that nothing of it is shared."""
        language = get_language()
        found = self._made.get(language)
        if found is None:
            with self._lock:
                found = self._made[language] = self._compile()
        query, compiler, statement, order = found
        ready = compiler.answer_with(statement, [parameters[name] for name in order])
        own: Any = copy(query.query)
        own.get_compiler = lambda *_args, **_named: ready
        # A copy by `copy` would first ask for the rows.
        asked: Any = object.__new__(type(query))
        asked.__dict__ = {**query.__dict__, "_query": own}
        rows: Iterator[Row] = iter(asked._iterable_class(asked))
        return rows

    def first(self, **parameters: Any) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self(**parameters)), None)

    def _compile(self) -> tuple["QuerySet[Any, Row]", _Ready, str, list[str]]:
        stand_ins = {name: _stand_in(kind, place) for place, (name, kind) in enumerate(self._kinds.items())}
        query = self._make(**stand_ins)
        connection.ensure_connection()
        compiler = _Ready(query.query, connection, connection.alias)
        text, params = compiler.as_sql()
        names = {value: name for name, value in stand_ins.items()}
        order: list[str] = []
        pieces: list[str] = []
        for param in params:
            name = names.get(param) if isinstance(param, (int, str, datetime)) else None
            if name is None and any(str(value) in str(param) for value in names):
                raise ValueError(f"a parameter stands inside another value, {param!r}, where it cannot be filled in")
            order += [name] if name else []
            # Written out, a constant lets a plan use the indexes that are made for it.
            pieces.append("%s" if name else sql.Literal(param).as_string(connection.connection).replace("%", "%%"))
        if unknown := set(self._kinds) - set(order):
            raise ValueError(f"{sorted(unknown)} is not asked by the query")
        written = iter(pieces)
        return query, compiler, PLACE.sub(lambda found: next(written) if found[0] == "%s" else found[0], text), order


def _stand_in(kind: type, place: int) -> Any:
    if kind is int:
        return FIRST_INT + place
    return FIRST_TIME + timedelta(microseconds=place) if kind is datetime else f"\ue000{place}\ue001"
