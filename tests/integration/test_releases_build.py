"""Building a release: the same bytes every time, all of it or nothing, and loaded by the real client."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.actions import adjudicate, finalize_reviews, revise
from annotations.queries.history import load_review
from annotations.schema import parse_submission
from curation.accounts.models import Role
from curation.releases import blobs
from curation.releases.actions import items
from curation.releases.manifest import rows_by_split
from curation.releases.models import Blob, Release, SplitAssignment
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from tests import builders
from tests.releases_client import described, library, load, unpack

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
CHAT = [{"role": "user", "content": "Tell one."}, {"role": "assistant", "content": "There was a machine that asked."}]
STRANGE = "“Ça va?” 😀 \u202e\u0301 a,b;\"c\"\ttab \\N \\. 'q'\n\n\n  spaced  \n中文 \x7f end\u2028."


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path / "home"


def passage(story_start: int, quote: str) -> dict[str, Any]:
    return {
        "start": story_start,
        "end": story_start + len(quote),
        "quote": quote,
        "conduct": "aligned",
        "intent": "benevolent",
        "portrayal": "positive",
    }


def evidence(quote: str, start: int = 0) -> dict[str, Any]:
    """Answers that show a passage for a criterion."""
    span = {"criterion": "B1", "flag": None, **passage(start, quote), "conduct": "", "intent": "", "portrayal": ""}
    return builders.answers(spans=[span], themes=["boundaries"], ratings={**builders.answers()["ratings"], "C1": 5})


def all_splits(count: int = 12) -> Release:
    """A release with rows in all three splits and all four configs."""
    stories = builders.accepted_stories(count, data=evidence("Story"), principles=["honesty", "care"], generator="m-1")
    dataset = builders.dataset(description="Demonstration ratings written by the project.")
    # The second last and the last go where the hash may not have sent any of so few.
    rows = [SplitAssignment(dataset=dataset, story=stories[-1], split="test")]
    rows.append(SplitAssignment(dataset=dataset, story=stories[-2], split="validation"))
    SplitAssignment.objects.bulk_create(rows)
    return builders.built_release(dataset)


def test_every_config_loads_with_the_real_client(tmp_path: Path) -> None:
    release = all_splits()
    folder = unpack(release, tmp_path / "release")
    expected = rows_by_split(release.manifest or {})
    assert set(expected["stories"]) == {"train", "validation", "test"}
    for config, splits in expected.items():
        loaded = load(folder, config)
        assert {split: len(rows) for split, rows in loaded.items()} == splits
    stories = {row["id"]: row for rows in load(folder, "stories").values() for row in rows}
    assert len(stories) == 12
    row = next(iter(stories.values()))
    assert row["principles"] == ["care", "honesty"]
    assert row["themes"] == ["boundaries"]
    assert row["C1_mean"] == 5.0
    assert row["C2_mean"] is None
    assert row["explicit_reasoning"] is True
    assert row["control_tag"] == "<|gold|>"
    assert row["generator"] == "m-1"
    for split, rows in load(folder, "behaviours").items():
        here = {story["id"] for story in load(folder, "stories")[split]}
        for span in rows:
            assert span["story_id"] in here
            assert stories[span["story_id"]]["text"][span["start"] : span["end"]] == span["quote"]
    ratings = [row for rows in load(folder, "ratings").values() for row in rows]
    assert len(ratings) == 12 * 2 * 8
    principles = load(folder, "constitution")["train"]
    assert [row["key"] for row in principles] == [part["key"] for part in release.frozen["constitution"]["principles"]]
    assert all(row["statement"] in row["text"] and row["name"] in row["text"] for row in principles)
    people = load(folder, "annotators")["train"]
    assert {row["annotator"] for row in ratings} == {person["annotator"] for person in people}
    assert sum(person["n_reviews"] for person in people) == 24
    assert all(person["severity"] is None for person in people)


def test_the_card_says_what_the_client_finds(tmp_path: Path) -> None:
    folder = unpack(all_splits(), tmp_path / "release")
    for config in ("stories", "ratings", "behaviours", "annotators"):
        found = described(folder, config)
        for split, rows in found.items():
            recorded = rows.info.splits[split]
            assert (recorded.num_examples, str(rows.info.version)) == (len(rows), "0.1.0")
    card = (folder / "README.md").read_text()
    assert "Demonstration ratings written by the project." in card
    assert "never alignment efficacy" in card
    assert "config_name: stories\n  default: true" in card
    (folder / "README.md").write_text(re.sub(r"num_examples: \d+", "num_examples: 9999", card, count=1))
    with pytest.raises(library().exceptions.NonMatchingSplitsSizesError):
        load(folder.rename(tmp_path / "wrong"), "stories")


def test_a_backfire_is_said_of_its_passage_and_of_its_review(tmp_path: Path) -> None:
    annie, ben, story = builders.person(), builders.person(), builders.add_story()
    queue = builders.queue_of(annie, ben, stories=[story])
    passage = {"start": 0, "end": 5, "quote": story.text[:5], **builders.CONDUCT}
    plain = {"criterion": "B1", "flag": None, "start": 6, "end": 9, "quote": story.text[6:9]}
    data = builders.answers(flags={"villain_trope": passage})
    builders.review_by(annie, queue, {**data, "spans": [*data["spans"], plain]})
    builders.review_by(ben, queue, builders.answers(flags={"hard_constraint": {**passage, "portrayal": "negative"}}))
    adjudicate(actor=builders.person(Role.CURATOR), story=story, outcome="accept", note="The story sees through it.")
    folder = unpack(builders.built_release(builders.dataset()), tmp_path / "release")
    (rows,) = load(folder, "behaviours").values()
    said = {row["flag"] or row["criterion"]: row["backfire"] for row in rows}
    assert said == {"villain_trope": True, "hard_constraint": False, "B1": None}
    (ratings,) = load(folder, "ratings").values()
    assert {tuple(row["flags"]) for row in ratings} == {("backfire", "villain_trope"), ("hard_constraint",)}


def test_a_release_with_one_split_leaves_the_others_out(tmp_path: Path) -> None:
    (story,) = builders.accepted_stories(1)
    dataset = builders.dataset()
    SplitAssignment.objects.create(dataset=dataset, story=story, split="train")
    folder = unpack(builders.built_release(dataset), tmp_path / "release")
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert folders == ["annotators", "constitution", "ratings", "stories", "tools"]
    assert list(load(folder, "stories")) == ["train"]
    assert len(load(folder, "ratings")["train"]) == 14


def test_any_text_comes_back_as_it_was(tmp_path: Path) -> None:
    (story,) = builders.accepted_stories(1, text=STRANGE, title='A "title",\nof two\tlines', prompt="Write\n\n\\N.")
    folder = unpack(builders.built_release(builders.dataset()), tmp_path / "release")
    (rows,) = load(folder, "stories").values()
    story.refresh_from_db()
    assert rows[0]["text"] == story.text
    assert rows[0]["title"] == story.title
    assert rows[0]["messages"] == [
        {"role": "user", "content": story.prompt},
        {"role": "assistant", "content": story.text},
    ]
    assert rows[0]["genre"] is None
    assert rows[0]["sha256"] == story.text_sha256


def test_rows_come_in_the_order_of_their_stories_however_the_database_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts and the rest of a story are two queries, so their order is what holds a row together."""
    backwards = items.ADD_ITEMS.replace("ORDER BY part.story", "ORDER BY part.story DESC")
    monkeypatch.setattr(items, "ADD_ITEMS", backwards)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; DISCARD PLANS")
        cursor.execute("SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off")
    order = [public_id(story.normal_sha256) for story in builders.accepted_stories(4)].index
    folder = unpack(builders.built_release(builders.dataset()), tmp_path / "x")
    for rows in load(folder, "stories").values():
        assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), key=order)
        assert all(hashlib.sha256(row["text"].encode()).hexdigest() == row["sha256"] for row in rows)
    for rows in load(folder, "ratings").values():
        assert [row["story_id"] for row in rows] == sorted((row["story_id"] for row in rows), key=order)


def test_a_rating_of_not_applicable_stays_null_and_flags_come_along(tmp_path: Path) -> None:
    ratings = {**builders.answers()["ratings"], "A2": None}
    builders.accepted_stories(1, data=builders.answers(ratings=ratings, flags={"stock_name": {}, "dependence": {}}))
    folder = unpack(builders.built_release(builders.dataset()), tmp_path / "release")
    (rows,) = load(folder, "ratings").values()
    assert [row["value"] for row in rows if row["criterion"] == "A2"] == [None, None]
    assert [row["value"] for row in rows if row["criterion"] == "A1"] == [4, 4]
    assert {tuple(row["flags"]) for row in rows} == {("dependence", "stock_name")}
    (stories,) = load(folder, "stories").values()
    assert stories[0]["A2_mean"] is None


def test_a_revision_is_shown_as_such_and_counts_nowhere(tmp_path: Path) -> None:
    reader, silent = builders.person(), builders.person(publish=False)
    (story,) = builders.accepted_stories(1, reader, silent)
    finalize_reviews(stories=[story.pk])
    for who in (reader, silent):
        mine = load_review(who, story.reviews.get(reviewer=who).pk)
        said = parse_submission(builders.answers(5), mine.rubric)
        revise(reviewer=who, review=mine, submission=said, reason="I missed the end.", idempotency_key=uuid4())
    folder = unpack(builders.built_release(builders.dataset()), tmp_path / "release")
    (rows,) = load(folder, "ratings").values()
    told = [(row["kind"], row["blind"], row["value"]) for row in rows if row["criterion"] == "A1"]
    assert told == [("initial", True, 4), ("revision", False, 5)], "of the one who agreed to it"
    (stories,) = load(folder, "stories").values()
    assert (stories[0]["n_ratings"], stories[0]["A1_mean"]) == (2, 4.0)
    (people,) = load(folder, "annotators").values()
    assert [person["n_reviews"] for person in people] == [1]


def test_built_twice_it_is_the_same_to_the_byte(settings: Any, tmp_path: Path, home: Path) -> None:
    release = all_splits()
    settings.HOME = tmp_path / "elsewhere"
    report = verify(release)
    assert {problem.check for problem in report.problems} == {"stored"}, (
        "the rows and bytes must match, only be elsewhere"
    )
    settings.HOME = home
    report = verify(release)
    assert report.ok
    assert report.files == release.files.count()
    assert not list((home / "verifying").iterdir())


def test_what_is_reviewed_later_does_not_change_a_release() -> None:
    readers = [builders.person(), builders.person()]
    builders.accepted_stories(1, *readers)
    release = builders.built_release(builders.dataset())
    builders.accepted_stories(2, *readers)
    assert verify(release).ok


def test_one_flipped_byte_is_found_and_named(home: Path) -> None:
    release = all_splits()
    file = release.files.get(path__startswith="stories/train")
    place = home / blobs.key_of(file.blob_id)
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)
    (problem,) = verify(release).problems
    assert (problem.path, problem.check) == (file.path, "stored")
    place.unlink()
    (problem,) = verify(release).problems
    assert "missing" in problem.message
    with pytest.raises(CommandError, match="does not verify: 1 problem"):
        call_command("verify_release", str(release.dataset), release.version)


def test_a_card_that_is_worded_differently_today_is_a_note_and_other_rows_are_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = all_splits()
    name, version = str(release.dataset), release.version
    with monkeypatch.context() as newer:
        newer.setattr("curation.releases.card.readme", lambda shown: "# Told anew")
        report = verify(release)
        assert report.ok
        assert [note.path for note in report.notes] == ["README.md", "checksums.json"]
        call_command("verify_release", name, version)
        said = capsys.readouterr().out
        assert "Note on README.md" in said
        assert "verifies" in said
    monkeypatch.setattr("curation.releases.tables.PRIOR_RATINGS", 3.0)
    report = verify(release)
    assert {problem.check for problem in report.problems} == {"rows"}
    with pytest.raises(CommandError, match="does not verify"):
        call_command("verify_release", name, version)


def test_a_release_with_columns_of_another_time_is_checked_as_far_as_can_be(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    release = all_splits()
    monkeypatch.setattr("curation.releases.schema.VERSION", "99")
    report = verify(release)
    assert report.ok
    assert "schema 99" in report.notes[0].message
    (home / blobs.key_of(release.files.get(path="README.md").blob_id)).unlink()
    assert not verify(release).ok


def test_files_are_stored_once_under_their_hash(home: Path) -> None:
    release = all_splits()
    dataset = release.dataset
    again = builders.built_release(dataset, "v0.1.1")
    same = set(release.files.values_list("blob_id", flat=True)) & set(again.files.values_list("blob_id", flat=True))
    assert len(same) >= 7, "an unchanged shard is the same blob"
    for blob in Blob.objects.all():
        found = blobs.digest(home / "blobs" / blob.sha256[:2] / blob.sha256)
        assert (found.sha256, found.size, found.git_sha1) == (blob.sha256, blob.size, blob.git_sha1)


# What mlcroissant itself does with rdflib and pandas is not ours to mend.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:The inplace keyword")
def test_the_manifest_and_croissant_describe_the_files(tmp_path: Path) -> None:
    import mlcroissant

    told = {"original_id": "told", "prompt": CHAT[0]["content"], "principles": ["honesty", "care"]}
    builders.accepted_stories(1, text=CHAT[1]["content"], **told)
    release = all_splits()
    folder = unpack(release, tmp_path / "release")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest == release.manifest
    assert manifest["rubric"]["criteria"][0]["anchors"]
    assert manifest["policy"]["rules"]["tiers"]
    assert manifest["constitution"]["principles"]
    assert {file["path"] for file in manifest["files"]} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {"manifest.json"}
    assert json.loads((folder / "withdrawn.json").read_text()) == []
    described = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert not described.metadata.issues.errors
    assert not described.metadata.issues.warnings
    assert str(described.metadata.ctx.conforms_to.value).endswith("/1.1")
    for config, splits in rows_by_split(manifest).items():
        records = list(described.records(record_set=config))
        assert len(records) == sum(splits.values()), "one record set has all files of a config"
        if config == "stories":
            (row,) = [row for row in records if row["stories/original_id"] == b"told"]
            turns = [{f"stories/messages/{key}": value.encode() for key, value in turn.items()} for turn in CHAT]
            assert (row["stories/messages"], row["stories/principles"]) == (turns, [b"care", b"honesty"])
    told = json.loads((folder / "croissant.json").read_text())
    for name in ("dataAnnotationProtocol", "annotationsPerItem", "annotatorDemographics", "dataReleaseMaintenancePlan"):
        assert told[f"rai:{name}"]
