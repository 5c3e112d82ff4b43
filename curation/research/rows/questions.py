"""What a reader looks for among the stories of a release, decided for a whole column at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

LISTS = {"theme": "themes", "principle": "principles"}
WORDS = {"tier": "quality_tier", "generator": "generator"}


@dataclass(frozen=True)
class RowFilter:
    """Filters on stories; all of them hold. Empty ones ask nothing.

    `words` is looked for in title and text, whatever the case. `least` and `most` bound the mean of `criterion`; with a
    criterion alone, it has to apply.
    """

    words: str = ""
    tier: str = ""
    generator: str = ""
    theme: str = ""
    principle: str = ""
    criterion: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return any((self.words, self.tier, self.generator, self.theme, self.principle, self.criterion))

    @property
    def columns(self) -> list[str]:
        """The columns that the answer rests on."""
        named = [column for name, column in (WORDS | LISTS).items() if getattr(self, name)]
        return [*named, *([self.mean] if self.criterion else []), *(["title", "text"] if self.words else [])]

    @property
    def mean(self) -> str:
        """The column of the criterion's mean."""
        return f"{self.criterion}_mean"


def may_hold(question: RowFilter, group: pq.RowGroupMetaData) -> bool:
    """Return whether a row group can have a row that is asked for, going by the statistics in its file's footer."""
    bounds = bounds_of(group, {*question.columns} - {"title", "text"})
    for name, column in (WORDS | LISTS).items():
        wanted, known = getattr(question, name), bounds.get(column)
        if wanted and known is not None and not known[0] <= wanted <= known[1]:
            return False
    known = bounds.get(question.mean) if question.criterion else None
    if known is None:
        return True
    too_low = question.least is not None and known[1] < question.least
    too_high = question.most is not None and known[0] > question.most
    return not (too_low or too_high)


def bounds_of(group: pq.RowGroupMetaData, columns: set[str]) -> dict[str, tuple[Any, Any]]:
    """Return the least and the greatest value of each of these columns, where the footer knows them."""
    found = {}
    for number in range(group.num_columns):
        column = group.column(number)
        name = column.path_in_schema.partition(".")[0]
        if name in columns and column.is_stats_set and column.statistics.has_min_max:
            found[name] = (column.statistics.min, column.statistics.max)
    return found


def matches(question: RowFilter, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return the places of the rows in a batch that are asked for, in order. A column that is missing has no value."""
    held = np.ones(len(batch), np.bool_)
    there: Mapping[str, pa.Array] = {name: batch.column(name) for name in batch.schema.names}
    for name, column in WORDS.items():
        if wanted := getattr(question, name):
            held &= _equal(there.get(column), wanted, len(batch))
    for name, column in LISTS.items():
        if wanted := getattr(question, name):
            held &= _contains(there.get(column), wanted, len(batch))
    if question.criterion:
        held &= _between(there.get(question.mean), question.least, question.most, len(batch))
    if question.words and held.any():
        chosen = np.flatnonzero(held)
        said = np.zeros(len(chosen), np.bool_)
        for name in ("title", "text"):
            if name in there:
                said |= _says(there[name].take(pa.array(chosen)), question.words)
        held[chosen[~said]] = False
    return np.flatnonzero(held).astype(np.int64)


def _flags(found: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), np.bool_)


def _equal(column: pa.Array | None, wanted: str, rows: int) -> npt.NDArray[np.bool_]:
    return np.zeros(rows, np.bool_) if column is None else _flags(pc.equal(column, wanted))


def _contains(column: pa.Array | None, wanted: str, rows: int) -> npt.NDArray[np.bool_]:
    found = np.zeros(rows, np.bool_)
    if column is not None:
        at = pc.list_parent_indices(column).filter(pc.equal(pc.list_flatten(column), wanted))
        found[at.to_numpy()] = True
    return found


def _between(column: pa.Array | None, least: float | None, most: float | None, rows: int) -> npt.NDArray[np.bool_]:
    if column is None:
        return np.zeros(rows, np.bool_)
    found = _flags(pc.is_valid(column))
    if least is not None:
        found &= _flags(pc.greater_equal(column, least))
    if most is not None:
        found &= _flags(pc.less_equal(column, most))
    return found


def _says(column: pa.Array, words: str) -> npt.NDArray[np.bool_]:
    return _flags(pc.match_substring(column, words, ignore_case=True))
