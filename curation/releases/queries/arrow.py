"""From PostgreSQL to Arrow without a Python object per row: COPY as CSV, read by Arrow's own parser."""

import select
from collections.abc import Mapping
from typing import Any, LiteralString, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
from django.db import OperationalError, connection
from psycopg import ClientCursor, Connection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Session = Connection[Any]


def held_connection() -> Session:
    """Return this thread's connection, ready for a query, to hand to a thread that fetches ahead."""
    with connection.cursor() as cursor:
        # Opens a transaction where one is due.
        cursor.execute("SELECT 1")
    return cast(Session, connection.connection)


def fetch(session: Session, query: LiteralString, parameters: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Run `query`, whose columns match `schema` in order, and return its rows.

    NULL and an empty string stay apart: COPY quotes only the latter. Numbers, booleans, dates and strings only.
    """
    received = copied(session, query, parameters)
    if not received:
        return schema.empty_table()
    return pa.csv.read_csv(
        pa.py_buffer(received),
        # One block holds everything: a row must not straddle two.
        read_options=pa.csv.ReadOptions(column_names=schema.names, block_size=len(received) + 1, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    ).combine_chunks()


def copied(session: Session, query: LiteralString, parameters: Mapping[str, Any]) -> bytes:
    """Return the rows of `query` as CSV.

    COPY sends a message per row. Taking them from libpq in one plain loop costs a fifth of psycopg's own, which walks
    through four generators for each. The lock keeps other threads' statements off the connection meanwhile.
    """
    statement = ClientCursor(session).mogrify(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters)
    server, lines = session.pgconn, []
    with session.lock:
        check(server, server.exec_(statement.encode()), ExecStatus.COPY_OUT)
        while (got := server.get_copy_data(1))[0] >= 0:
            if got[0]:
                lines.append(bytes(got[1]))
            else:
                select.select([server.socket], [], [])
                server.consume_input()
        check(server, server.get_result(), ExecStatus.COMMAND_OK)
        while server.get_result() is not None:
            pass
    return b"".join(lines)


def check(server: PGconn, result: PGresult | None, status: ExecStatus) -> None:
    """Raise what the server said unless the result is the expected one."""
    if result is None or result.status != status:
        said = result.error_message if result else server.error_message
        raise OperationalError(said.decode("utf-8", "replace").strip())


def parse(lines: pa.ChunkedArray, schema: pa.Schema) -> pa.Table:
    """Read a column of JSON objects, one line each as PostgreSQL writes `jsonb`, into columns of their own."""
    if not len(lines):
        return schema.empty_table()
    joined = "\n".join(lines.to_pylist()).encode()
    return pa.json.read_json(
        pa.py_buffer(joined),
        read_options=pa.json.ReadOptions(block_size=len(joined) + 1, use_threads=False),
        parse_options=pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    ).select(schema.names)
