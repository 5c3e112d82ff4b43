"""From PostgreSQL to Arrow without a Python object per row: COPY as CSV, read by Arrow's own parser."""

import io
from collections.abc import Mapping
from typing import Any, LiteralString

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
from django.db import connection


def fetch(query: LiteralString, parameters: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Run `query`, whose columns match `schema` in order, and return its rows.

    NULL and an empty string stay apart: COPY quotes only the latter. Numbers, booleans, dates and strings only.
    """
    received = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters) as copy:
        for chunk in copy:
            received.write(chunk)
    size = received.tell()
    if not size:
        return schema.empty_table()
    return pa.csv.read_csv(
        pa.py_buffer(received.getbuffer()),
        # One block holds everything: a row must not straddle two.
        read_options=pa.csv.ReadOptions(column_names=schema.names, block_size=size + 1, use_threads=False),
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
