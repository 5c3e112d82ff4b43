"""The real `datasets` library, offline, with a cache of its own. Import this before `datasets`."""

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("HF_HOME", tempfile.mkdtemp(prefix="exempla-hf-"))

from curation.core.storage import storage
from curation.releases import blobs
from curation.releases.models import Release


@cache
def library() -> Any:
    """The library, loaded once a test needs it: that takes a second, and every worker of a parallel run reads this."""
    import datasets

    datasets.disable_progress_bars()
    return datasets


def unpack(release: Release, folder: Path) -> Path:
    """Lay a release's files out as its zip does."""
    for file in release.files.all():
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(storage().read(blobs.key_of(file.blob_id))))
    return folder


def load(folder: Path, config: str) -> dict[str, list[dict[str, Any]]]:
    """Load a config as a researcher would; return its splits as rows. The client checks the card's `dataset_info`."""
    loaded = library().load_dataset(str(folder), config, cache_dir=str(folder.parent / "cache"))
    return {split: list(loaded[split]) for split in loaded}


def described(folder: Path, config: str) -> Any:
    """Return the loaded splits themselves, whose `info` holds what the client found."""
    return library().load_dataset(str(folder), config, cache_dir=str(folder.parent / "cache"))
