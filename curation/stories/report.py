"""The downloadable list of an import's rejected rows."""

from collections.abc import Iterator

from curation.core.csv_lines import MARK, csv_lines
from curation.stories.models import ImportRun


def report_lines(run: ImportRun) -> Iterator[str]:
    """Yield the lines of a CSV file: row, reason and the beginning of the text, for every rejected row of `run`."""
    yield MARK + csv_lines([["row", "reason", "text"]])
    for issue in run.issues.order_by("row").iterator(chunk_size=2_000):
        yield csv_lines([[issue.row, issue.reason, issue.excerpt]])
