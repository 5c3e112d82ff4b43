"""The manifest of a release: files, hashes, counts and what it was made from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

NAME = "manifest.json"


def canonical(value: Any) -> bytes:
    """Write JSON that is the same for equal values: sorted keys, two spaces, UTF-8, one line end at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def build(*, frozen: Mapping[str, Any], files: Sequence[Mapping[str, Any]], tools: Mapping[str, str]) -> dict[str, Any]:
    """Put the manifest together.

    `files` has one mapping per file of the repository but the manifest itself: path, size, sha256, git_sha1, crc32, and
    for a Parquet shard rows and rows_sha256. `tools` names the versions of what wrote them.
    """
    return {
        "format": 1,
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
        "decontamination": "not checked",
        "tools": dict(tools),
        "files": sorted((dict(file) for file in files), key=lambda file: str(file["path"])),
    }


def rows_by_split(manifest: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return config -> split -> rows, from the shards that the manifest lists."""
    counts: dict[str, dict[str, int]] = {}
    for file in manifest["files"]:
        if file.get("rows") is not None:
            config, shard = file["path"].split("/")
            splits = counts.setdefault(config, {})
            split = shard.partition("-")[0]
            splits[split] = splits.get(split, 0) + file["rows"]
    return counts
