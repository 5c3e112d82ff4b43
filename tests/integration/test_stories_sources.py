"""Where stories come from: sources by their names, folders of links, and encodings that are doubtful."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from curation.accounts.actors import SYSTEM
from curation.core.errors import InvalidInput
from curation.stories.actions import create_source, start_import
from curation.stories.actions.importing import claim, run_import
from curation.stories.models import ImportRun, Story
from curation.stories.models.imports import ImportState
from tests.builders import source
from tests.integration.test_stories_imports import command, table

pytestmark = pytest.mark.django_db
LONG = "The very long name of a generator that somebody gave to a file of stories, with its settings, "
RUSSIAN = "Ночью машина пересчитала фонари и сказала сторожу правду; потому что обещание остаётся обещанием."


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("Сказки 7", "夜の話 7"),
        ("हिन्दी कि", "हिन्दी का"),
        ("my stories", "my-stories"),
        ("Tales (a)", "Tales [a]"),
        ("café", "cafe"),
        (LONG + "warm", LONG + "cold"),
    ],
)
def test_names_that_only_look_alike_are_two_sources(home: Path, first: str, other: str) -> None:
    command(table(home / f"{first}.csv", rows=1), "--license", "MIT")
    command(table(home / f"{other}.csv", rows=1, start=1))
    one, two = Story.objects.select_related("source").order_by("pk")
    assert (str(one.source), str(two.source)) == (first, other)
    assert len({one.source.name, two.source.name}) == 2
    assert all(0 < len(story.source.name) <= 80 for story in (one, two))
    assert (one.license, two.license) == ("MIT", "")


@pytest.mark.parametrize(
    ("first", "same"), [("Сказки", "сКАЗКИ"), ("caf\u00e9", "cafe\u0301"), ("Bench  7", "bench 7"), ("ＡＢ", "ab")]
)
def test_letter_case_and_unicode_form_make_no_other_source(home: Path, first: str, same: str) -> None:
    command(table(home / f"{first}.csv", rows=1), "--license", "MIT")
    command(table(home / "other.csv", rows=1, start=1), "--source", same)
    one, two = Story.objects.order_by("pk")
    assert (one.source_id, two.license) == (two.source_id, "MIT")


def test_a_source_is_found_by_its_short_name_too(home: Path) -> None:
    command(table(home / "Night (2).csv", rows=1))
    name = Story.objects.get().source.name
    command(table(home / "other.csv", rows=1, start=1), "--source", name)
    assert name == "night-2"
    assert Story.objects.values("source").distinct().count() == 1


@pytest.mark.parametrize("name", ["…", "😀", "\u0301", "a\0b"])
def test_a_source_without_letters_or_digits_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="letters or digits"):
        create_source(actor=SYSTEM, name=name)


def test_a_hub_clients_cache_of_links_is_read_and_other_links_are_not(home: Path) -> None:
    snapshot, blobs = home / "hub" / "snapshots" / "abc", home / "hub" / "blobs"
    for folder in (snapshot / "data", blobs):
        folder.mkdir(parents=True)
    table(blobs / "deadbeef", rows=2)
    (snapshot / "data" / "train.csv").symlink_to("../../../blobs/deadbeef")
    assert command(snapshot, "--source", "hub")["created"] == 2
    (snapshot / "data" / "other.csv").symlink_to(table(home / "secret.csv", rows=1, start=9))
    with pytest.raises(CommandError, match="link that leads out"):
        command(snapshot)


def test_an_encoding_that_is_doubtful_must_be_given_to_the_command(home: Path) -> None:
    path = home / "night.csv"
    path.write_bytes(f"title,text\nФонари,{RUSSIAN}\n".encode("cp1251"))
    for dry in ([], ["--dry-run"]):
        with pytest.raises(CommandError, match=r"(?s)night\.csv is not UTF-8.*--encoding cp1251 .*Ночью"):
            command(path, *dry)
    with pytest.raises(InvalidInput, match="cannot be told for sure"):
        start_import(actor=SYSTEM, source=source(), path=path)
    with pytest.raises(CommandError, match="no encoding “klingon”"):
        command(path, "--encoding", "klingon")
    assert not ImportRun.objects.exists()
    # A second file, which is UTF-8, is not touched by it.
    other = home / "day.csv"
    other.write_text(f'title,text\nДень,"{RUSSIAN.replace("Ночью", "Днём")}"\n', encoding="utf-8")
    assert command(path, other, "--encoding", "windows-1251", "--dry-run")["created"] == 2
    assert command(path, other, "--encoding", "windows-1251")["created"] == 2
    assert set(Story.objects.values_list("title", flat=True)) == {"Фонари", "День"}
    assert ImportRun.objects.get(file_name="night.csv").encoding == "cp1251"


def test_an_import_goes_on_in_the_encoding_that_was_chosen(home: Path) -> None:
    path = home / "night.csv"
    path.write_bytes(f"title,text\nФонари,{RUSSIAN}\n".encode("koi8_r"))
    one = start_import(actor=SYSTEM, source=source(), path=path, encoding="KOI8-R")
    claimed = claim(run_id=one.pk)
    assert claimed is not None
    assert run_import(run=claimed).state == ImportState.DONE
    assert Story.objects.get().text == RUSSIAN
