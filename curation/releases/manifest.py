"""The manifest of a release: files, hashes, counts and what it was made from; and what checks a copy by it."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from curation.releases.blobs import CHUNK

NAME = "manifest.json"
# What every release brings along to check a copy of it.
CHECKER, PIECES = "tools/verify.py", "checksums.json"
# What stands in the place of the manifest's checksum of itself while that is taken: a CRC-32 and a SHA-256.
NO_CHECKSUM = "0" * (8 + 64)


def canonical(value: Any) -> bytes:
    """Write JSON that is the same for equal values: sorted keys, two spaces, UTF-8, one line end at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def build(
    *,
    frozen: Mapping[str, Any],
    columns: Mapping[str, Sequence[Sequence[str]]],
    files: Sequence[Mapping[str, Any]],
    tools: Mapping[str, str],
) -> dict[str, Any]:
    """Put the manifest together, with no checksum of itself yet.

    `files` has one mapping per file of the repository but the manifest itself: path, size, sha256, git_sha1, crc32, and
    for one with rows its rows and rows_sha256. `columns` has name and type of every column by config, `tools` names the
    versions of what wrote them.
    """
    return {
        "format": 2,
        "self": NO_CHECKSUM,
        "dataset": f"{frozen['dataset']['org']}/{frozen['dataset']['name']}",
        "version": frozen["version"],
        "date": frozen["date"],
        "schema": frozen["schema"],
        "seed": frozen["seed"],
        "rubric": {
            **frozen["rubric"],
            "criteria": [
                {key: value for key, value in part.items() if key != "id"} for part in frozen["rubric"]["criteria"]
            ],
        },
        "policy": frozen["policy"],
        "constitution": frozen["constitution"],
        "judges": frozen["judges"],
        "counts": frozen["counts"],
        # A version of before there were selections, or priors, says nothing of one.
        **({"selection": frozen["selection"]} if "selection" in frozen else {}),
        **({"prior": frozen["prior"]} if "prior" in frozen else {}),
        "decontamination": frozen.get("selection", {}).get("decontamination", "not checked"),
        "columns": {config: [list(column) for column in found] for config, found in columns.items()},
        "tools": dict(tools),
        "files": sorted((dict(file) for file in files), key=lambda file: str(file["path"])),
    }


def with_own_checksum(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest of `build` with the CRC-32 and the SHA-256 of its own bytes, as they are without them."""
    content = canonical(manifest)
    return {**manifest, "self": f"{zlib.crc32(content):08x}{hashlib.sha256(content).hexdigest()}"}


def pieces(files: Mapping[str, Sequence[str]]) -> bytes:
    """Return the file with the checksums of every MiB of `files`, by path."""
    return canonical({"piece_bytes": CHUNK, "files": {path: list(found) for path, found in files.items()}})


@cache
def checker() -> bytes:
    """Return the program that checks a copy of a release."""
    return (Path(__file__).parent / "shipped" / "verify.py").read_bytes()


def rows_by_split(manifest: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return config -> split -> rows, from the shards that the manifest lists."""
    counts: dict[str, dict[str, int]] = {}
    for file in manifest["files"]:
        if file.get("rows") is not None and file["path"].endswith(".parquet"):
            config, shard = file["path"].split("/")
            splits = counts.setdefault(config, {})
            split = shard.partition("-")[0]
            splits[split] = splits.get(split, 0) + file["rows"]
    return counts
