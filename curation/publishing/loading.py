"""Comparing what is published with what was released, for somebody who asks: by bytes, and as researchers load it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from curation.publishing.faults import HubTrouble, fault_in_words
from curation.publishing.hub import Hub
from curation.publishing.keys import token_of
from curation.publishing.models import Publication
from curation.publishing.queries import purged_paths, released_files
from curation.releases.manifest import rows_by_split

# What a child runs with an empty cache: every config as `load_dataset` finds it at the tag.
CHILD = """
import json, os, sys
import datasets
datasets.disable_progress_bars()
repo, tag, token = sys.argv[1], sys.argv[2], os.environ["HF_TOKEN"]
found = {}
for config in datasets.get_dataset_config_names(repo, revision=tag, token=token):
    loaded = datasets.load_dataset(repo, config, revision=tag, token=token)
    found[config] = {split: len(loaded[split]) for split in loaded}
print(json.dumps(found))
"""
LONGEST_SECONDS = 3_600


@dataclass
class LoadComparison:
    """What a comparison came to: files that are as released, what is not, and whether `datasets` loaded it."""

    files: int = 0
    problems: list[str] = field(default_factory=list)
    loaded: bool = False


def compare(publication: Publication, progress: Callable[[int, int], None]) -> LoadComparison:
    """Read the published tag back and compare it with the release.

    Raises `Conflict` where its token cannot be decrypted.

    Every file is fetched and hashed. Where `datasets` is installed, which Exempla itself does not need, the tag is
    loaded with it besides, in a process of its own with an empty cache, and its rows are counted. Of a version of which
    files were destroyed, these must not come back; its tag may be gone.
    """
    target, release = publication.target, publication.release
    token, found = token_of(target), LoadComparison()
    hub = Hub(endpoint=target.endpoint, repo=target.repo, token=token)
    wanted, purged = released_files(release), purged_paths(release)
    try:
        tagged = hub.refs().tags.get(release.version, "")
        if purged and not tagged:
            return found
        if tagged != publication.commit:
            found.problems.append(f"The tag {release.version} is at {tagged or 'nothing'}, not {publication.commit}.")
            return found
        for done, one in enumerate(wanted, start=1):
            try:
                same = hub.digest(release.version, one.path) == (one.size, one.sha256)
            except HubTrouble as trouble:
                if trouble.status != 404:
                    raise
                same = False
            found.files += same
            if one.path in purged:
                if same:
                    found.problems.append(f"{one.path} was to be destroyed, and is still there.")
            elif not same:
                found.problems.append(f"{one.path} is not as it was released.")
            progress(done, len(wanted))
        if find_spec("datasets") is not None and not found.problems and not purged:
            loaded = load(endpoint=target.endpoint, repo=target.repo, tag=release.version, token=token.value)
            released = rows_by_split(release.manifest or {"files": []})
            found.loaded = loaded == released
            if not found.loaded:
                found.problems.append(f"datasets loads {loaded}, and not {released}.")
    except HubTrouble as trouble:
        found.problems.append(fault_in_words(trouble.words))
    return found


def load(*, endpoint: str, repo: str, tag: str, token: str) -> object:
    """Return config -> split -> rows as `datasets` loads a tag, or the last line that it said why it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUB_TOKEN"))}
        environment = {
            **kept,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": folder,
            "HF_TOKEN": token,
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        ran = subprocess.run(  # noqa: S603 # nosec
            [sys.executable, "-c", CHILD, repo, tag],
            env=environment, cwd=Path(folder), capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False,
        )  # fmt: skip
    if ran.returncode:
        return ran.stderr.replace(token, "[key]").strip().rpartition("\n")[2][:300]
    return json.loads(ran.stdout)
