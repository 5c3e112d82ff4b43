"""Tables that leave as CSV. No cell of them can be taken for a formula by a spreadsheet."""

import csv
import io
from collections.abc import Iterable

# Tells spreadsheets that the file is UTF-8. It stands before the first line.
MARK = "\ufeff"
# A spreadsheet would run a cell that begins with one of these, also behind spaces, as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as lines of CSV; text that a spreadsheet would run gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """Return `cell` with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA) else cell
