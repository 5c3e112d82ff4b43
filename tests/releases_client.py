"""The real `datasets` library, offline, with a cache of its own. Import this before `datasets`."""

import os
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("HF_HOME", tempfile.mkdtemp(prefix="exempla-hf-"))

import datasets
from datasets.exceptions import NonMatchingSplitsSizesError as NonMatchingSplitsSizesError

from curation.core.storage import storage
from curation.releases import blobs
from curation.releases.models import Release

datasets.disable_progress_bars()


def unpack(release: Release, folder: Path) -> Path:
    """Lay a release's files out as its zip does."""
    for file in release.files.all():
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(storage().read(blobs.key_of(file.blob_id))))
    return folder


def load(folder: Path, config: str) -> dict[str, list[dict[str, Any]]]:
    """Load a config as a researcher would; return its splits as rows. The client checks the card's `dataset_info`."""
    loaded = datasets.load_dataset(str(folder), config, cache_dir=str(folder.parent / "cache"))
    return {split: list(loaded[split]) for split in loaded}


def described(folder: Path, config: str) -> Any:
    """Return the loaded splits themselves, whose `info` holds what the client found."""
    return datasets.load_dataset(str(folder), config, cache_dir=str(folder.parent / "cache"))
