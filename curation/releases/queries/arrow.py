"""From PostgreSQL to Arrow without a Python object per value: COPY in its binary form, read a column at a time."""

import io
import select
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, LiteralString, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from django.db import OperationalError, connection
from psycopg import ClientCursor, Connection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Session = Connection[Any]
Take = Callable[[Any], object]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Parameters = Mapping[str, Any] | Sequence[Any]
# PostgreSQL's documentation of COPY, "Binary Format": a header, then per row the number of its fields, and per field
# its size (-1 for NULL) and its bytes; -1 fields end it.
BINARY_HEADER = 19
# How it writes bigint, integer, double precision and boolean.
WIDTHS = {pa.int64(): ">i8", pa.int32(): ">i4", pa.float64(): ">f8", pa.bool_(): "?"}
SHORT, LONG, END = struct.Struct(">h"), struct.Struct(">i"), -1
# An array of one dimension: how many dimensions, whether any is NULL, the type, the length and the first index; then
# every element after its size.
ARRAY_HEADER = 5 * LONG.size
ELEMENT = np.dtype([("size", ">i4"), ("value", ">i8")])
# Arrow's format, "Variable-size Binary View Layout": the length, and then the text itself where it is so short, or else
# its first four bytes, the number of a buffer, and where in that it begins.
VIEW, IN_VIEW = 16, 12
MOST_BYTES = 2**31 - 1


def held_connection() -> Session:
    """Return this thread's connection, ready for a query, to hand to a thread that fetches ahead."""
    with connection.cursor() as cursor:
        # Opens a transaction where one is due.
        cursor.execute("SELECT 1")
    return cast(Session, connection.connection)


def fetch(session: Session, query: LiteralString, parameters: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Run `query`, whose columns match `schema` in order and type, and return its rows.

    Texts and what `WIDTHS` has only; `TypeError` for a number of another width. `OverflowError` for more than Arrow's
    strings can count.
    """
    received, ends = io.BytesIO(), [0]

    def take(message: memoryview) -> None:
        ends.append(ends[-1] + received.write(message))

    copy(session, query, parameters, take)
    # The header is sent with the first row, and the last message ends the rows.
    ends[0] = BINARY_HEADER
    received.write(bytes(IN_VIEW))
    return rows_in(received.getbuffer(), np.array(ends[:-2], np.int64), schema)


def rows_in(rows: memoryview, starts: Ints, schema: pa.Schema) -> pa.Table:
    """Return rows in COPY's binary form that begin at `starts` and stand one after another: see `fetch`.

    A column at a time, no row by itself. `IN_VIEW` bytes of anything follow them, so that it can be read beyond any.
    """
    if len(rows) > MOST_BYTES:
        raise OverflowError("the texts of a slice take more than 2 GB")
    at, columns = starts + SHORT.size, []
    for field in schema:
        # -1 for NULL.
        size = values_at(rows, at, ">i4").astype(np.int64)
        at = at + LONG.size
        if field.type == pa.string():
            columns.append(texts_at(rows, at, size))
        else:
            there, kind = size >= 0, np.dtype(WIDTHS[field.type])
            if (size[there] != kind.itemsize).any():
                raise TypeError(f"{field.name} is no {field.type}")
            values = values_at(rows, at, kind).astype(kind.newbyteorder("="))
            columns.append(pa.array(values, field.type, mask=None if there.all() else ~there))
        at = at + np.maximum(size, 0)
    return pa.table(columns, schema=schema)


def values_at(rows: memoryview, at: Ints, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return what begins `at`, which need not be where such a value usually begins."""
    kind = np.dtype(kind)
    return np.ndarray(len(rows) - kind.itemsize + 1, kind, rows, strides=(1,))[at]


def texts_at(rows: memoryview, at: Ints, size: Ints) -> pa.Array:
    """Return the texts of these sizes that begin `at`, null for a size of -1.

    Each is first said where it lies, as a view, and all are then copied together.
    """
    views = np.zeros((len(at), VIEW), np.uint8)
    views[:, :4] = little(np.maximum(size, 0))
    # Short ones stand in the view itself, of others the first four bytes.
    short, long = np.flatnonzero((size > 0) & (size <= IN_VIEW)), np.flatnonzero(size > IN_VIEW)
    near = values_at(rows, at[short], f"V{IN_VIEW}").view(np.uint8).reshape(-1, IN_VIEW)
    views[short, 4:] = np.where(np.arange(IN_VIEW) < size[short, None], near, 0)
    views[long, 4:8] = values_at(rows, at[long], "V4").view(np.uint8).reshape(-1, 4)
    views[long, 12:] = little(at[long])
    buffers = [pa.array(size >= 0).buffers()[1], pa.py_buffer(views), pa.py_buffer(rows)]
    return pa.Array.from_buffers(pa.string_view(), len(at), buffers).cast(pa.string())


def little(numbers: Ints) -> Bytes:
    """Return the bytes of 32-bit numbers, the lowest first, a row for each."""
    return numbers.astype("<i4").view(np.uint8).reshape(-1, 4)


def fetch_numbers(session: Session, query: LiteralString, parameters: Mapping[str, Any], columns: int) -> list[Ints]:
    """Run `query`, whose `columns` are all whole numbers and never NULL, and return them.

    As one array each in COPY's binary form: neither side then handles a row by itself, nor a digit.
    """
    names = [f"c{place}" for place in range(columns)]
    arrays = ", ".join(f"array_agg({name}::bigint)" for name in names)
    whole = f"SELECT {arrays} FROM ({query}) AS part ({', '.join(names)})"  # noqa: S608 - by this module  # nosec
    return fetch_arrays(session, whole, parameters, columns)


def fetch_arrays(session: Session, query: str, parameters: Parameters, columns: int) -> list[Ints]:
    """Run `query`, whose every row is `columns` arrays of bigint without NULL, or NULL, and return them, each joined.

    A row stays in the connection's buffer as a whole, which never shrinks again: of many numbers take some at a time.
    """
    found: list[list[Ints]] = [[np.empty(0, np.int64)] for _ in range(columns)]
    # The header is sent with the first row, and the last message ends the rows.
    skipped = BINARY_HEADER

    def take(message: memoryview) -> None:
        nonlocal skipped
        at, skipped = skipped + SHORT.size, 0
        if SHORT.unpack_from(message, at - SHORT.size)[0] == END:
            return
        for column in found:
            (size,) = LONG.unpack_from(message, at)
            at += LONG.size
            # NULL is what no rows add up to.
            if size > 0:
                n = max(size - ARRAY_HEADER, 0) // ELEMENT.itemsize
                column.append(np.frombuffer(message, ELEMENT, n, at + ARRAY_HEADER)["value"].astype(np.int64))
                at += size

    copy(session, query, parameters, take)
    return [np.concatenate(column) for column in found]


def copy(session: Session, query: str, parameters: Parameters, take: Take) -> None:
    """Hand the rows of `query` to `take` in COPY's binary form: a message each, says the protocol.

    Taking them from libpq in one plain loop costs a fifth of psycopg's own, which walks through four generators for
    each; and a message that is let go at once leaves its memory to the next. The lock keeps other threads' statements
    off the connection meanwhile.
    """
    statement = ClientCursor(session).mogrify(f"COPY ({query}) TO STDOUT (FORMAT binary)", parameters)
    server = session.pgconn
    with session.lock:
        check(server, server.exec_(statement.encode()), ExecStatus.COPY_OUT)
        while (got := server.get_copy_data(1))[0] >= 0:
            if got[0]:
                take(got[1])
            else:
                select.select([server.socket], [], [])
                server.consume_input()
        check(server, server.get_result(), ExecStatus.COMMAND_OK)
        while server.get_result() is not None:
            pass


def check(server: PGconn, result: PGresult | None, status: ExecStatus) -> None:
    """Raise what the server said unless the result is the expected one."""
    if result is None or result.status != status:
        said = result.error_message if result else server.error_message
        raise OperationalError(said.decode("utf-8", "replace").strip())


def parse(lines: pa.Array, schema: pa.Schema) -> pa.Table:
    """Read JSON objects, one line each as PostgreSQL writes `jsonb`, into columns of their own."""
    if not len(lines):
        return schema.empty_table()
    whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    joined = pc.binary_join(whole, "\n")[0].as_buffer()
    return pa.json.read_json(
        joined,
        read_options=pa.json.ReadOptions(block_size=joined.size + 1, use_threads=False),
        parse_options=pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    ).select(schema.names)
