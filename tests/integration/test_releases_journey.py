"""A dataset from its first version to a purge, as docs/researcher/tutorial.md walks it: released, loaded by the real
clients from here and from where it is published, taken back, broken and found out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from curation.accounts.actors import SYSTEM
from curation.erasure.actions import ask_purge, purge
from curation.publishing.actions import create_target, follow_withdrawals, publish
from curation.publishing.carrying import carry_out_due
from curation.publishing.models import HubTarget, Publication
from curation.releases import blobs
from curation.releases.actions import build, withdraw_story, withdraw_version
from curation.releases.models import Release
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from tests.builders import accepted_stories, built_release, dataset, person
from tests.hub_stand_in import READER, TOKEN, Hub
from tests.integration.test_releases_copy import flip, run

CHILD = Path(__file__).resolve().parents[1] / "journey_child.py"
COPY = "exempla/copy"


def loads(endpoint: str, name: str, folder: Path, *tags: str, token: str = "") -> dict[str, Any]:
    """Load versions from `endpoint` as somebody elsewhere does, who has nothing yet."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "cache"), "HF_HUB_DISABLE_XET": "1"}
    folder.mkdir()
    command = [sys.executable, str(CHILD), name, str(folder / "copy"), *tags]
    ran = subprocess.run(
        command, env=environment | ({"HF_TOKEN": token} if token else {}), cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def published(release: Release, target: HubTarget) -> Publication:
    row = publish(actor=SYSTEM, release=release, target=target)
    carry_out_due()
    row.refresh_from_db()
    assert row.state == "done", row.error
    return row


def followed(hub: Hub) -> str:
    """Have the copies told of what was taken back; return the card of the main branch."""
    assert follow_withdrawals()
    carry_out_due()
    return hub.repos[COPY].main()["README.md"].decode()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_dataset_from_its_first_version_to_a_purge(
    live_server: LiveServer, hub: Hub, settings: Any, tmp_path: Path
) -> None:
    readers, ours = (person(), person()), f"{live_server.url}/hub"
    stories = accepted_stories(4, *readers)
    of = dataset("samples")
    target = create_target(actor=SYSTEM, dataset=of, repo=COPY, endpoint=hub.url, token=TOKEN)
    first = built_release(of, "v1.0.0")
    published(first, target)
    stories += accepted_stories(1, *readers)
    second = built_release(of, "v1.1.0")
    published(second, target)
    author_s, court_s, *others = stories
    withdraw_story(actor=SYSTEM, dataset=of, story=author_s.pk, reason="Its author asked for it.")
    assert "Its author asked for it." in followed(hub)
    third = built_release(of, "v1.1.1")
    published(third, target)

    def has(version: str, *those: Any) -> list[Any]:
        return [sorted(public_id(story.normal_sha256) for story in those), version.removeprefix("v")]

    whole = {
        "v1.0.0": has("v1.0.0", *stories[:4]),
        "v1.1.0": has("v1.1.0", *stories),
        "v1.1.1": has("v1.1.1", court_s, *others),
    }
    assert loads(ours, str(of), tmp_path / "away", *whole) == whole
    assert loads(hub.url, COPY, tmp_path / "at-the-hub", *whole, token=READER) == whole
    withdraw_version(actor=SYSTEM, release=second, reason="The splits were mixed up.")
    assert "The splits were mixed up." in followed(hub)
    assert hub.repos[COPY].tags.keys() == whole.keys(), "what is withdrawn stays under its name"

    copy = tmp_path / "away" / "copy"
    assert run(copy)[0] == 0
    assert [one["story_id"] for one in json.loads((copy / "withdrawn.json").read_text())] == has("", author_s)[0]
    now, was = flip(path := next(copy.glob("stories/*.parquet")), 900)
    code, said = run(copy)
    wrong = f"{path.relative_to(copy)}: byte 900 is wrong: it is {now:#04x} and was {was:#04x}"
    assert (code, wrong in said) == (1, True), said
    assert verify(third).ok
    file = third.files.filter(path__startswith="ratings/")[0]
    flip(settings.HOME / blobs.key_of(file.blob_id), 900)
    assert [(one.path, one.check) for one in verify(third).problems] == [(file.path, "stored")]

    done = purge(purge=ask_purge(actor=SYSTEM, story=court_s, kind="law", reason="A court has said so."))
    asked = done.follow_ups.get().release
    assert asked is not None
    fourth = build(release=asked)
    card = followed(hub)
    assert "had a story that was purged" in card
    published(fourth, target)
    after = {"v1.0.0": 410, "v1.1.1": 410, "v1.1.2": has("v1.1.2", *others)}
    assert loads(ours, str(of), tmp_path / "later", *after) == after
    assert loads(hub.url, COPY, tmp_path / "later-at-the-hub", "v1.1.2", token=READER) == {"v1.1.2": after["v1.1.2"]}
    assert {one.check for one in verify(first).purged} == {"purged"}
    assert verify(fourth).ok
