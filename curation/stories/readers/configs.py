"""Which files the default configuration of a dataset card means, by the rules of the `datasets` library. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from curation.stories.readers.globs import glob_of


@dataclass(frozen=True)
class ArchiveConfig:
    """One configuration: `patterns` are relative to the archive's root; `others` are the names of those not read."""

    name: str
    patterns: list[str]
    others: list[str]

    def takes(self, path: str) -> bool:
        """Return whether one of the patterns means the file at `path`."""
        return any(glob_of(pattern).matches(path) for pattern in self.patterns)


def default_config(card: Mapping[str, Any], *, root: str) -> ArchiveConfig | None:
    """Return the default configuration of `card`, the front matter of the README in folder `root`, or None.

    It is the one marked as the default, else the one named so, else the first. One without `data_files` has all files
    of its `data_dir`.
    """
    listed = card.get("configs")
    configs: list[dict[str, Any]] = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not configs:
        return None
    # `sorted` keeps the order, so that the first one stands where none is marked.
    chosen = sorted(configs, key=lambda one: (not one.get("default"), one.get("config_name") != "default"))[0]
    folder = chosen.get("data_dir")
    base = PurePosixPath(root, *([str(folder)] if folder else []))
    patterns = [_joined(base, pattern) for pattern in _patterns(chosen.get("data_files"))] or [_joined(base, "**")]
    others = [str(one.get("config_name")) for one in configs if one is not chosen]
    return ArchiveConfig(str(chosen.get("config_name", "default")), patterns, others)


def _patterns(files: Any) -> Iterator[str]:
    """Yield the patterns in a pattern, a list of them, a mapping of splits, or a list of objects with `path`."""
    if isinstance(files, str):
        yield files
    elif isinstance(files, list):
        for one in files:
            yield from _patterns(one)
    elif isinstance(files, dict):
        # {split, path} is one split; any other mapping is of splits to patterns.
        for one in [files["path"]] if "path" in files else files.values():
            yield from _patterns(one)


def _joined(base: PurePosixPath, pattern: str) -> str:
    parts: list[str] = []
    for part in (base / pattern.lstrip("/")).parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in {"..", ".", "/"}:
            parts.append(part)
    return "/".join(parts)
