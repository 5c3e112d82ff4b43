"""The rows of a version of a million stories: a page at its beginning, and one near its end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.test import Client

from curation.releases import parquet, schema
from curation.releases.models import Release
from curation.releases.queries.slices import MOST_IN_PART
from curation.research.actions import make_profile
from curation.research.rows import reading
from curation.research.rows.questions import RowFilter
from tests.benchmarks.bench_import import texts
from tests.benchmarks.report import tell
from tests.builders import dataset, default_rubric
from tests.viewed_release import viewed_release

STORIES, EARLY, LATE = 1_000_000, 10, 990_000
GROUP, SHARD = parquet.ROWS_PER_GROUP, MOST_IN_PART
ROUNDS = 15
MOST_LATER, MOST_MEGABYTES = 1.5, 64.0
TITLE = "A page of rows far into a version"


def stories_from(words: pa.Array) -> Callable[[int, int], pa.Table]:
    """Return what makes rows of `stories` with these texts, a whole row group of them, again and again."""
    target = schema.arrow(schema.stories(["B1"]))

    def table(first: int, end: int) -> pa.Table:
        numbers = np.arange(first, end)
        made = {
            "id": names(numbers), "text": words.slice(0, len(numbers)), "title": names(numbers),
            "n_words": pa.array(200 + numbers % 2_000, pa.int32()), "n_ratings": pa.repeat(2, len(numbers)),
            "quality_tier": pa.array(np.where(numbers % 2, "silver", "gold")),
            "B1_mean": pa.array(1 + numbers % 9 / 2),
        }  # fmt: skip
        columns = [made.get(one.name, pa.nulls(len(numbers), one.type)) for one in target]
        return pa.table(columns, names=target.names).cast(target)

    return table


def names(numbers: Any) -> pa.Array:
    return pa.array([f"story-{number:08d}" for number in numbers])


def ratings(first: int, end: int) -> pa.Table:
    """Return ratings of these stories: two readers, ten criteria."""
    target = schema.arrow(schema.RATINGS)
    rows, each = (end - first) * 20, np.repeat(np.arange(end - first), 20)
    made = {
        "story_id": names(np.arange(first, end)).take(pa.array(each)),
        "annotator": pa.array(np.where(np.arange(rows) % 20 < 10, "reader-a", "reader-b")),
        "criterion": pa.array([f"B{number}" for number in range(10)]).take(pa.array(np.arange(rows) % 10)),
        "value": pa.array(1 + np.arange(rows) % 5, pa.int8()),
    }
    columns = [made.get(one.name, pa.nulls(rows, one.type)) for one in target]
    return pa.table(columns, names=target.names).cast(target)


def least(call: Callable[[], object]) -> float:
    """Return the least processor time that a call takes, in milliseconds: other work only ever adds to it."""
    found = []
    for _round in range(ROUNDS):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return 1000 * min(found)


@contextmanager
def arrow_peak() -> Iterator[list[float]]:
    """Yield a list that gets the most memory that Arrow held at once within the block, in megabytes."""
    before, found = pa.default_memory_pool(), []
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    try:
        yield found
    finally:
        pa.set_memory_pool(before)
        found.append(pool.max_memory() / 1e6)


@pytest.mark.django_db(transaction=True)
@pytest.mark.by_name("viewer", 8)
def test_a_page_near_the_end_costs_what_the_first_does(
    tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of a version of a million stories of 4 KB: a page of twenty, and one story with its ratings.

    Over HTTP as a stranger asks, in the test's process. What is asserted is the ratio of the least processor times near
    the end and at the beginning, and the most that Arrow holds in memory at once.

    *Planted*: each page reads its split from the beginning, as a list without row groups would; the run says with what
    ratio, of a row a twentieth as far in.
    """
    settings.HOME = tmp_path
    default_rubric()
    words = pa.array(list(texts(GROUP)))
    of = viewed_release(dataset("million"), STORIES, group=GROUP, shard=SHARD, table=stories_from(words), rated=ratings)
    with arrow_peak() as counted:
        began = time.process_time()
        make_profile(release=of)
        counting = time.process_time() - began
    client, at = Client(), f"/datasets/{of.dataset}/{of.version}/rows/"
    found: dict[str, dict[int, float]] = {"a page of 20": {}, "one story": {}}
    with arrow_peak() as read:
        for row in (EARLY, LATE, LATE + GROUP - 20):
            assert client.get(f"{at}?row={row}").context["page"].start == row
            found["a page of 20"][row] = least(lambda row=row: client.get(f"{at}?row={row}"))  # type: ignore[misc]
            assert len(client.get(f"{at}train/{row}/").context["told"].readers) == 2
            found["one story"][row] = least(lambda row=row: client.get(f"{at}train/{row}/"))  # type: ignore[misc]
    lines = [f"{'milliseconds of processor':28}{'row 10':>10}{'990,000':>10}{'994,980':>10}{'ratio':>8}"]
    ratios = {name: costs[LATE] / costs[EARLY] for name, costs in found.items()}
    for name, costs in found.items():
        lines.append(f"{name:28}" + "".join(f"{one:>10.1f}" for one in costs.values()) + f"{ratios[name]:>8.2f}")
    planted = from_the_beginning(of, monkeypatch)
    lines.append(f"planted: each page from the beginning{planted:>29.2f}")
    lines.append(f"at most {MOST_LATER}; Arrow held {read[0]:.0f} MB at most (limit {MOST_MEGABYTES:.0f})")
    lines.append(f"counted once in {counting:.0f} s of processor, {counted[0]:.0f} MB at most")
    tell(capsys, TITLE, test_a_page_near_the_end_costs_what_the_first_does.__doc__ or "", lines)
    assert max(ratios.values()) < MOST_LATER < planted
    assert read[0] < MOST_MEGABYTES


def from_the_beginning(release: Release, monkeypatch: pytest.MonkeyPatch) -> float:
    """Return the same ratio where a page reads all rows before it, of a row a twentieth as far in."""

    def page(start: int) -> None:
        for group in reading.groups_of(release, "stories", "train").filter(first_row__lte=start):
            reading._from_group(group, 0, GROUP, RowFilter(), texts=False)

    monkeypatch.setattr("tests.benchmarks.bench_viewer.ROUNDS", 1)
    return least(lambda: page(LATE // 20)) / least(lambda: page(EARLY))
