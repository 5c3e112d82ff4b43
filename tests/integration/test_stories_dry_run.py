"""A dry run tells what an import would do, over the whole file, and stores nothing."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from curation.standards.actions import install_defaults
from curation.stories.ingest import surveying
from curation.stories.models import ImportRun, Story, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path


def table(path: Path, rows: int, tags: str = "") -> Path:
    path.write_text("text,principles,themes\n" + "".join(f"Story {n} of a tug.,{tags},\n" for n in range(rows)))
    return path


def run(*arguments: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_stories", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def report(*arguments: object) -> dict[str, Any]:
    return json.loads(run(*arguments, "--json")[0])


def test_it_counts_as_the_import_does_and_stores_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveying, "MOST_ROWS", 3)
    path = table(home / "a.csv", 7)
    with path.open("a") as stream:
        stream.write("Story 1 of a tug.,,\n ,,\nStory 6  of a tug.,,\n")
    dry = report(path, "--dry-run")
    assert not Story.objects.exists()
    assert not ImportRun.objects.exists()
    assert not (home / "files").exists()
    counts = ("rows", "created", "duplicates", "rejected")
    assert [dry[key] for key in counts] == [10, 7, 2, 1]
    assert dry["files"][0]["issues"] == [[9, "There is no text in it."]]
    real = report(path)
    assert [real[key] for key in counts] == [10, 7, 2, 1]
    assert [report(path, "--dry-run")[key] for key in counts] == [10, 0, 9, 1]


def test_it_names_the_tags_that_the_standards_do_not_know(home: Path) -> None:
    install_defaults()
    path = table(home / "a.csv", 3, "Ehrlichkeit;thrift")
    with path.open("a") as stream:
        stream.write("One more.,parsimony,Gelassenheit;gloom\n")
    (file,) = report(path, "--dry-run")["files"]
    assert file["unknown_tags"] == {"Principles": {"thrift": 3, "parsimony": 1}, "Themes": {"gloom": 1}}
    told = run(path, "--dry-run")[0]
    assert "Principles that the standards do not know: “thrift” (3), “parsimony” (1)." in told
    assert "Themes that the standards do not know: “gloom” (1)." in told
    run(path)
    assert set(Tag.objects.values_list("key", flat=True)) == {"honesty", "equanimity"}


def test_without_standards_every_tag_is_kept_and_none_is_called_unknown(home: Path) -> None:
    (file,) = report(table(home / "a.csv", 2, "thrift"), "--dry-run")["files"]
    assert file["unknown_tags"] == {}
