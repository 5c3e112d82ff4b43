"""The clients that researchers have, in a process of their own with an empty cache, load what is served under /hub."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from curation.access.actions import ask_for_access, write_terms
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, Scope
from curation.accounts.tokens import create_token
from curation.hub.finding import commit_of
from curation.releases.actions import withdraw_version
from curation.releases.manifest import rows_by_split
from curation.releases.models import Release
from curation.research.snippets import snippets
from tests.builders import accepted_stories, built_release, dataset, person

CHILD = Path(__file__).resolve().parents[1] / "hub_child.py"
OLDER = Path(__file__).resolve().parents[1] / "clients" / "child.py"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_clients_load_versions_by_tag_by_commit_and_as_main(
    live_server: LiveServer, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    accepted_stories(3, person(), person())
    open_one, private = dataset(), dataset(visibility="private")
    first, second = built_release(open_one), built_release(open_one, "v0.1.1")
    withdraw_version(actor=SYSTEM, release=second, reason="The splits were mixed up.")
    built_release(private)
    gated, let_into = dataset(visibility="gated"), dataset(visibility="gated")
    built_release(gated)
    kept_back, reader = built_release(let_into), person(Role.RESEARCHER)
    for one in (gated, let_into):
        write_terms(actor=SYSTEM, dataset=one, text="Do no harm.", by_request=False, anew=True)
    ask_for_access(actor=reader, dataset=let_into, terms=1)
    _token, secret = create_token(actor=reader, user=reader, name="notebook", scopes=[Scope.READ])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": f"{live_server.url}/hub", "HF_HOME": str(tmp_path / "cache")}
    closed = map(str, (private, gated, let_into))
    ran = subprocess.run(
        [sys.executable, str(CHILD), str(open_one), second.version, commit_of(second), *closed, secret],
        env=environment, capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    rows = rows_by_split(second.manifest or {})
    paths = [file.path for file in second.files.all()]
    assert found["main"] == {"main": commit_of(first)}, "a withdrawn version is not the newest"
    assert found["tags"] == {"v0.1.1": commit_of(second), "v0.1.0": commit_of(first)}
    assert found["rows"] == rows
    assert found["main_rows"] == rows_by_split(first.manifest or {})["stories"]
    assert found["streamed"] == rows["ratings"]
    assert (found["folder"], found["files"]) == (commit_of(second), sorted(paths))
    assert found["cached"]
    assert found["verified"] == [len(paths), 0, 0]
    assert found["listed"] == sorted({path.partition("/")[0] for path in paths})
    assert found["tail"] == "PAR1"
    assert found["pandas"][0] == found["pandas"][1] == next(iter(rows["ratings"].values()))
    assert found["commits"] == ["v0.1.1", "v0.1.0"]
    assert found["expanded"] == [commit_of(first)]
    assert (found["me"], found["private"]) == (reader.username, True)
    assert found["gate"] == ["GatedRepoError", "GatedRepoError"]
    assert (found["gate_of_datasets"], found["gated_as"]) == ("gated", "auto")
    assert found["let_in"] == rows_by_split(kept_back.manifest or {})["stories"]
    assert found["checked"] == ["nothing", "RepositoryNotFoundError"]
    nowhere = "RepositoryNotFoundError"
    assert found["refused"] == [nowhere, nowhere, "RevisionNotFoundError", "RemoteEntryNotFoundError", "401"]
    assert "is withdrawn" in ran.stderr
    as_the_page_says(first, live_server.url, tmp_path, environment)


def as_the_page_says(release: Release, host: str, folder: Path, environment: dict[str, str]) -> None:
    """Run what the version's page shows to copy, and compare the rows with those of the manifest."""
    code = {one.key: one.code for one in snippets(release, host)}
    shown = "print(json.dumps([{split: len(rows) for split, rows in stories.items()}, len(pandas)]))"
    script = [
        code["datasets"],
        "everything = stories",
        code["pandas"],
        "import json",
        "pandas = stories",
        "stories = everything",
    ]
    del environment["HF_ENDPOINT"]
    environment |= {"HF_HOME": str(folder / "another"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    run: dict[str, Any] = {"env": environment, "capture_output": True, "text": True, "cwd": folder, "check": False}
    python = subprocess.run([sys.executable, "-c", "\n".join([*script, shown])], **run)
    assert python.returncode == 0, python.stderr
    rows = rows_by_split(release.manifest or {})["stories"]
    assert json.loads(python.stdout.splitlines()[-1]) == [rows, sum(rows.values())]
    terminal = subprocess.run(["sh", "-c", code["hf"]], **run)
    assert terminal.returncode == 0, terminal.stderr
    fetched = folder / release.folder
    assert {file.path for file in release.files.all()} <= {
        str(path.relative_to(fetched)) for path in fetched.rglob("*") if path.is_file()
    }


@pytest.mark.django_db(transaction=True)
def test_clients_of_two_years_ago_and_readers_by_address_load_what_the_page_says(
    live_server: LiveServer, python_of_clients: Path, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    accepted_stories(3, person(), person())
    release = built_release(dataset())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": f"{live_server.url}/hub", "HF_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [str(python_of_clients), str(OLDER), str(release.dataset), release.version, str(tmp_path / "copy")],
        input=json.dumps({one.key: one.code for one in snippets(release, live_server.url)}),
        env=environment, capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found, rows = json.loads(ran.stdout), rows_by_split(release.manifest or {})
    stories = sum(rows["stories"].values())
    assert found == {
        "versions": ["0.26.2", "3.1.0"],
        "tags": [release.version],
        "rows": rows,
        "streamed": rows["ratings"],
        "files": sorted(file.path for file in release.files.all()),
        "cached": True,
        "dask": [stories, stories],
        "polars": stories,
        "duckdb": stories,
    }
