"""Files stored once, under their SHA-256, in a directory that only ever grows."""

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Digest:
    """What identifies a file's bytes. `git_sha1` is the object name that git and the Hub's clients give it."""

    sha256: str
    size: int
    git_sha1: str
    crc32: int


def digest(path: Path) -> Digest:
    """Read a file once and return its digests."""
    size = path.stat().st_size
    sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha256.update(chunk)
            git.update(chunk)
            crc = zlib.crc32(chunk, crc)
    return Digest(sha256.hexdigest(), size, git.hexdigest(), crc)


def place(root: Path, sha256: str) -> Path:
    """Return where the blob `sha256` lies under the state directory `root`."""
    return root / "blobs" / sha256[:2] / sha256


def flush(path: Path) -> None:
    """Make a file or a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def adopt(root: Path, path: Path, sha256: str) -> Path:
    """Move a finished, flushed file to its place; it must lie on the same file system. A blob already there is renewed.

    The rename needs no space and is atomic, so that a blob is either whole or absent.
    """
    target = place(root, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.chmod(0o444)
    path.replace(target)
    flush(target.parent)
    return target
