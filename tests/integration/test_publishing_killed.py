"""A worker that publishes is killed outright, and the next one goes on: there is one commit and one tag."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from curation.accounts.actors import SYSTEM
from curation.core.leases import Lease
from curation.publishing.actions import create_target, publish
from curation.publishing.carrying import carry_out_due
from curation.publishing.models import Publication
from tests.builders import accepted_stories, built_release, dataset, run_out
from tests.hub_stand_in import TOKEN, Hub

ROOT = Path(__file__).resolve().parents[2]


def killed_after(kind: str, hub: Hub, home: Path) -> None:
    """Let a worker publish, and kill it once the Hub has done what it asks for, before it hears of that."""
    command = [
        sys.executable,
        str(ROOT / "tests" / "publish_child.py"),
        str(connection.settings_dict["NAME"]),
        str(home),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    children: list[subprocess.Popen[bytes]] = []

    def kill(_number: int, asked: str, _path: str) -> str | None:
        if asked != kind:
            return None
        children[0].kill()
        return "break"

    hub.after = kill
    # It asks the Hub for nothing before it is listed here: the Hub answers one at a time, by this lock.
    with hub.lock:
        children.append(subprocess.Popen(command, env=environment))
    assert children[0].wait() == -9
    hub.after = None


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_one_commit_and_one_tag_to_the_next(settings: Any, tmp_path: Path) -> None:
    settings.HOME, settings.PUBLISHING_TO_PRIVATE_ADDRESSES = tmp_path / "home", True
    accepted_stories(1)
    release = built_release(dataset())
    with Hub() as hub:
        target = create_target(
            actor=SYSTEM, dataset=release.dataset, repo="exempla/ours", endpoint=hub.url, token=TOKEN
        )
        row = publish(actor=SYSTEM, release=release, target=target)
        for kind in ("commit", "tag"):
            killed_after(kind, hub, settings.HOME)
            row.refresh_from_db()
            assert (row.state, carry_out_due()) == ("running", 0), "its lease still holds"
            run_out(Lease(Publication, [row.pk], row.token))
        assert carry_out_due() == 1
        row.refresh_from_db()
        assert row.state == "done", row.error
        repo = hub.repos["exempla/ours"]
        assert repo.titles() == [f"Release {release.version}"]
        assert repo.tags == {release.version: row.commit} == {release.version: repo.branches["main"]}
        made = {path: file.sha256 for path, file in repo.commits[row.commit].tree.items() if path != ".gitattributes"}
        assert made == {file.path: file.blob_id for file in release.files.all()}
