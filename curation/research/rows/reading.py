"""Pages of stories, and one story with what was said of it, each from the row groups that hold it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import F, QuerySet

from curation.releases.models import Release
from curation.research.models import RowGroup
from curation.research.rows.opening import batches, opened
from curation.research.rows.questions import RowFilter, matches, may_hold

A_PAGE = 20
# How many rows one request looks through: where texts are searched they are decoded, which takes some 50 ms a thousand.
MOST_ROWS, MOST_TEXTS = 100_000, 10_000
# Row groups whose footer alone is looked at cost little, but each footer is a request to a bucket.
MOST_GROUPS = 200
# Row groups that a story's ratings can lie in; each has thousands of them.
MOST_AROUND = 8
SHOWN = ("id", "title", "n_words", "language", "quality_tier", "principles", "themes", "generator")
EXCERPT = 220
Row = dict[str, Any]


@dataclass(frozen=True)
class ListedStory:
    """A story on a page: its row (from 0, in its split), its columns in `SHOWN`, and how its text begins."""

    row: int
    story: Row


@dataclass(frozen=True)
class RowPage:
    """Stories in order. `following` is the row to go on at, None at the end of the split; `looked` how many rows this
    page looked at, of `total` in the split."""

    start: int
    stories: list[ListedStory]
    following: int | None
    looked: int
    total: int

    @property
    def full(self) -> bool:
        """Whether it has as many stories as a page takes."""
        return len(self.stories) >= A_PAGE


def groups_of(release: Release, config: str, split: str) -> QuerySet[RowGroup]:
    """Return the row groups of a config and split in order, each with its file's blob."""
    found = RowGroup.objects.filter(release=release, config=config, split=split)
    return found.select_related("file__blob").order_by("first_row")


def rows_in(release: Release, split: str) -> int:
    """Return how many stories a split has."""
    last = RowGroup.objects.filter(release=release, config="stories", split=split).order_by("-first_row").first()
    return last.first_row + last.rows if last else 0


def page_of(
    release: Release, split: str, start: int, question: RowFilter, *, size: int = A_PAGE, texts: bool = False
) -> RowPage:
    """Return the first `size` stories from row `start` on that are asked for, of as many rows as one request looks
    through. `texts` gives them whole, as `text`, and not only how they begin.

    Without a question one row group is read, or two where the page lies across a border. `FileMissing` when a file is
    gone from the storage.
    """
    total, budget = rows_in(release, split), MOST_TEXTS if question.words else MOST_ROWS
    found: list[ListedStory] = []
    at = start
    groups = groups_of(release, "stories", split).filter(first_row__gt=start - F("rows"))
    for group in groups[:MOST_GROUPS]:
        room = size - len(found)
        taken = _from_group(group, max(0, at - group.first_row), room, question, texts=texts)
        found += taken
        if len(found) >= size:
            at = found[-1].row + 1
            break
        at = group.first_row + group.rows
        if at - start >= budget:
            break
    return RowPage(start, found, at if at < total else None, at - start, total)


def _from_group(group: RowGroup, skip: int, most: int, question: RowFilter, *, texts: bool) -> list[ListedStory]:
    """Return up to `most` stories of a row group, past its first `skip`, that are asked for."""
    found: list[ListedStory] = []
    with opened(group.file.blob) as parquet:
        if question.asks and not may_hold(question, parquet.metadata.row_group(group.number)):
            return []
        for place, batch in batches(parquet, group.number, [*SHOWN, *question.columns]):
            if place + len(batch) <= skip:
                continue
            chosen = [int(one) for one in matches(question, batch) if place + one >= skip][: most - len(found)]
            # By the columns that are shown: one that is only asked for may be a megabyte.
            rows = batch.select([name for name in batch.schema.names if name in SHOWN]).take(
                pa.array(chosen, pa.int64())
            )
            found += [
                ListedStory(group.first_row + place + one, story)
                for one, story in zip(chosen, rows.to_pylist(), strict=True)
            ]
            if len(found) >= most:
                break
        wanted = [listed.row - group.first_row for listed in found]
        for listed, text in zip(found, _texts(parquet, group.number, wanted), strict=True):
            listed.story["text" if texts else "excerpt"] = text if texts else beginning(text, question.words)
    return found


def _texts(parquet: Any, group: int, wanted: Sequence[int]) -> Iterator[str]:
    """Yield the texts at these places of a row group, in order; nothing behind the last is decoded."""
    left = list(wanted)
    if not left:
        return
    for place, batch in batches(parquet, group, ["text"]):
        inside = [one - place for one in left if one < place + len(batch)]
        left = left[len(inside) :]
        yield from batch.column(0).take(pa.array(inside, pa.int64())).to_pylist()
        if not left:
            return


def beginning(text: str, words: str = "") -> str:
    """Return how a text begins in one line; with `words`, the surroundings of the first place that has them."""
    at = text.lower().find(words.lower()) if words else 0
    start = max(0, at - EXCERPT // 3) if at > EXCERPT // 2 else 0
    line = " ".join(text[start : start + 2 * EXCERPT].split())
    if start:
        line = line.partition(" ")[2] or line
    cut = line if len(line) <= EXCERPT else line[:EXCERPT].rsplit(" ", 1)[0] + " …"
    return f"… {cut}" if start else cut


def story_at(release: Release, split: str, row: int) -> Row | None:
    """Return all columns of one story, or None if the split has no such row."""
    group = groups_of(release, "stories", split).filter(first_row__lte=row, first_row__gt=row - F("rows")).first()
    if group is None:
        return None
    with opened(group.file.blob) as parquet:
        place = row - group.first_row
        for first, batch in batches(parquet, group.number, parquet.schema_arrow.names):
            if place < first + len(batch):
                [story] = batch.slice(place - first, 1).to_pylist()
                return dict(story)
    return None


def rows_about(release: Release, config: str, split: str, row: int, story_id: str) -> list[Row]:
    """Return the rows of `config` (ratings, behaviours) about the story at `row` of its split, in order."""
    found: list[Row] = []
    before = groups_of(release, config, split).filter(first_story__lte=row).order_by("-first_story", "-first_row")
    for group in sorted(before[:MOST_AROUND], key=lambda one: one.first_row):
        if group.last_story < row:
            continue
        with opened(group.file.blob) as parquet:
            for _place, batch in batches(parquet, group.number, parquet.schema_arrow.names):
                about = batch.filter(pc.equal(batch.column("story_id"), story_id))
                found += about.to_pylist()
    return found


def place_of(release: Release, story_id: str) -> tuple[str, int] | None:
    """Return the split and the row of a story, or None if the version does not have it.

    One column of the row groups is read whose ids lie around this one.
    """
    around = RowGroup.objects.filter(
        release=release, config="stories", low_id__lte=story_id, high_id__gte=story_id
    ).select_related("file__blob")
    for group in around.order_by("split", "first_row"):
        with opened(group.file.blob) as parquet:
            for place, batch in batches(parquet, group.number, ["id"], size=5_000):
                at = pc.index(batch.column(0), story_id).as_py()
                if at >= 0:
                    return group.split, group.first_row + place + at
    return None
