"""Reading a release a row group at a time: pages, searches, one story, and where its ratings lie."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from curation.core.storage import FileMissing, storage
from curation.releases import blobs
from curation.releases.models import Release
from curation.research.actions import make_profile, make_profiles_due, profile_of
from curation.research.models import Profile, RowGroup
from curation.research.rows import opening, reading
from curation.research.rows.questions import RowFilter
from curation.research.rows.reading import page_of, place_of, rows_about, story_at
from tests.builders import dataset, default_rubric
from tests.viewed_release import rating_table, story, story_table, viewed_release

pytestmark = pytest.mark.django_db
NOTHING = RowFilter()


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def release() -> Release:
    """Thirty stories in two files, in row groups of six."""
    default_rubric()
    made = viewed_release(dataset(), 30, group=6, shard=18)
    make_profile(release=made)
    return made


@pytest.fixture
def groups_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which row groups are decoded."""
    found: list[int] = []
    before = opening.batches

    def noted(parquet: Any, group: int, *args: Any, **named: Any) -> Any:
        found.append(group)
        return before(parquet, group, *args, **named)

    monkeypatch.setattr(reading, "batches", noted)
    return found


def test_a_page_reads_one_row_group_wherever_it_lies(release: Release, groups_read: list[int]) -> None:
    for start in (0, 6, 20, 28):
        groups_read.clear()
        page = page_of(release, "train", start, NOTHING, size=2)
        assert [(one.row, one.story["id"]) for one in page.stories] == [
            (row, story(row)["id"]) for row in (start, start + 1)
        ]
        assert len(set(groups_read)) == 1
        assert page.total == 30
        assert page.following == (start + 2 if start + 2 < 30 else None)
    across = page_of(release, "train", 16, NOTHING, size=5)
    assert [one.row for one in across.stories] == [16, 17, 18, 19, 20], "over the border of two files"
    assert page_of(release, "train", 99, NOTHING).stories == []
    assert page_of(release, "test", 0, NOTHING).total == 0


def test_the_number_of_statements_does_not_grow_with_the_row(release: Release) -> None:
    counts = set()
    for row in (0, 29):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page_of(release, "train", row, NOTHING, size=1)
            story_at(release, "train", row)
            rows_about(release, "ratings", "train", row, f"story-{row:08d}")
        counts.add(len(asked))
    assert counts == {4}


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (RowFilter(tier="gold"), lambda n: n % 2 == 0),
        (RowFilter(generator="writer-2"), lambda n: n % 3 == 1),
        (RowFilter(theme="calm"), lambda n: n % 5 == 0),
        (RowFilter(principle="care", tier="silver"), lambda n: n % 3 == 1 and n % 2 == 1),
        (RowFilter(words="LIGHTHOUSE keeper"), lambda n: n % 7 == 0),
        (RowFilter(words="the lighthouse 14"), lambda n: n == 14),
        (RowFilter(criterion="B1", least=4.0), lambda n: n % 9 >= 6),
        (RowFilter(criterion="B1", least=2.0, most=2.5), lambda n: n % 9 in (2, 3)),
        (RowFilter(criterion="B9"), lambda n: False),
        (RowFilter(words="50% (of) [it]"), lambda n: False),
    ],
)  # fmt: skip
def test_a_question_finds_what_it_asks_for_and_nothing_else(release: Release, question: RowFilter, wanted: Any) -> None:
    found = page_of(release, "train", 0, question, size=100)
    assert [one.row for one in found.stories] == [n for n in range(30) if wanted(n)]
    assert (found.looked, found.following) == (30, None)


def test_a_search_stops_after_its_share_and_goes_on_where_it_was(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_TEXTS", 10)
    question, at, rows, parts = RowFilter(words="lighthouse"), 0, [], 0
    while at is not None:
        page = page_of(release, "train", at, question, size=2)
        assert page.looked <= 12, "a share of ten rows, in whole row groups"
        rows += [one.row for one in page.stories]
        at, parts = page.following, parts + 1
    assert rows == [0, 7, 14, 21, 28]
    assert parts >= 3


def test_row_groups_that_cannot_hold_it_are_passed_over(groups_read: list[int]) -> None:
    default_rubric()

    def table(first: int, end: int) -> pa.Table:
        whole = story_table(first, end)
        tier = pa.array(["gold" if first == 12 else "silver"] * (end - first))
        return whole.set_column(whole.schema.get_field_index("quality_tier"), "quality_tier", tier)

    made = viewed_release(dataset(), 30, group=6, shard=30, table=table)
    make_profile(release=made)
    found = page_of(made, "train", 0, RowFilter(tier="gold"), size=100)
    assert [one.row for one in found.stories] == list(range(12, 18))
    assert set(groups_read) == {2}


def test_a_story_is_found_by_its_id_and_has_all_of_its_ratings_and_no_other(release: Release) -> None:
    for row in (0, 5, 6, 17, 18, 29):
        name = f"story-{row:08d}"
        assert place_of(release, name) == ("train", row)
        at = story_at(release, "train", row)
        assert at is not None
        assert (at["id"], at["text"]) == (name, story(row)["text"])
        about = rows_about(release, "ratings", "train", row, name)
        assert [(one["annotator"], one["criterion"]) for one in about] == [
            ("reader-a", "B1"), ("reader-a", "B2"), ("reader-b", "B1"), ("reader-b", "B2"),
        ]  # fmt: skip
        assert {one["value"] for one in about} == {1 + row % 5}
    assert place_of(release, "story-00000030") is None
    assert story_at(release, "train", 30) is None


def test_ids_in_no_order_are_found_as_well(groups_read: list[int]) -> None:
    default_rubric()
    names = [f"story-{(7 * number) % 30:08d}" for number in range(30)]

    def renamed(column: str, make: Any) -> Any:
        def table(first: int, end: int) -> pa.Table:
            whole = make(first, end)
            ids = pa.array([names[int(one[-8:])] for one in whole[column].to_pylist()])
            return whole.set_column(whole.schema.get_field_index(column), column, ids)

        return table

    made = viewed_release(
        dataset(), 30, group=6, shard=18, table=renamed("id", story_table), rated=renamed("story_id", rating_table)
    )
    make_profile(release=made)
    for row in (0, 11, 29):
        assert place_of(made, names[row]) == ("train", row)
        groups_read.clear()
        assert len(rows_about(made, "ratings", "train", row, names[row])) == 4
        assert len(groups_read) <= 2, "those that its four rows lie in"


def test_a_release_is_counted_once_and_by_the_worker_if_it_is_large(release: Release) -> None:
    kept = Profile.objects.get(release=release)
    assert make_profile(release=release) == kept
    figures = kept.figures
    assert (figures["stories"], figures["tiers"]) == (30, {"gold": 15, "silver": 15})
    assert figures["cells"] == [["care", "calm", 2], ["honesty", "calm", 2], ["oversight", "calm", 2]]
    assert sum(figures["words"]) == 30
    assert figures["means"]["B1"] == [4, 4, 4, 3, 3, 3, 3, 6]
    other = viewed_release(dataset("large"), 12, group=6, shard=12)
    make_profiles_due()
    assert RowGroup.objects.filter(release=other, config="stories").count() == 2
    for statement in ("UPDATE research_rowgroup SET first_row = 1", "DELETE FROM research_profile"):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_file_that_is_gone_is_said_so_and_the_worker_goes_on(release: Release) -> None:
    broken = viewed_release(dataset("broken"), 12, group=6, shard=6)
    whole = viewed_release(dataset("whole"), 4, group=4, shard=4)
    blob = broken.files.filter(path__startswith="stories/").last()
    assert blob is not None
    storage().remove(blobs.key_of(blob.blob_id))
    make_profiles_due()
    assert Profile.objects.filter(release=whole).exists()
    assert profile_of(broken) is None
    first = release.files.filter(path__startswith="stories/").first()
    assert first is not None
    storage().remove(blobs.key_of(first.blob_id))
    with pytest.raises(FileMissing):
        page_of(release, "train", 0, NOTHING)
