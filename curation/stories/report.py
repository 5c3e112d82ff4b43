"""The downloadable list of an import's rejected rows."""

import csv
from collections.abc import Iterator

from curation.stories.models import ImportRun

# A spreadsheet would run a cell that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReportLine:
    """A file for `csv.writer` that hands back what is written."""

    def write(self, text: str) -> str:
        """Return `text`."""
        return text


def guarded(cell: str) -> str:
    """Return `cell` with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def report_lines(run: ImportRun) -> Iterator[str]:
    """Yield the lines of a CSV file: row, reason and the beginning of the text, for every rejected row of `run`."""
    writer = csv.writer(ReportLine())
    # The mark tells spreadsheets that the file is UTF-8.
    yield "\ufeff" + str(writer.writerow(["row", "reason", "text"]))
    for issue in run.issues.order_by("row").iterator(chunk_size=2_000):
        yield str(writer.writerow([issue.row, guarded(issue.reason), guarded(issue.excerpt)]))
