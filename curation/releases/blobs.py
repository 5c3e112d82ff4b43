"""The files of releases, stored once under their SHA-256, and what else identifies their bytes."""

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1024 * 1024
FOLDER = "blobs"


@dataclass(frozen=True)
class Digest:
    """What identifies a file's bytes. `git_sha1` is the object name that git and the Hub's clients give it.

    `pieces` has for every MiB of the file its CRC-32 (8 hex digits) and its SHA-256 (64), by which whoever has a copy
    finds the place where it is wrong.
    """

    sha256: str
    size: int
    git_sha1: str
    crc32: int
    pieces: tuple[str, ...] = ()


def piece(content: bytes) -> str:
    """Return the checksums of up to a MiB: CRC-32, then SHA-256."""
    return f"{zlib.crc32(content):08x}{hashlib.sha256(content).hexdigest()}"


def pieces_of(content: bytes) -> list[str]:
    """Return the checksums of every MiB."""
    return [piece(content[start : start + CHUNK]) for start in range(0, len(content), CHUNK)]


def digest(path: Path) -> Digest:
    """Read a file once and return its digests."""
    size = path.stat().st_size
    sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    crc, pieces = 0, []
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha256.update(chunk)
            git.update(chunk)
            crc = zlib.crc32(chunk, crc)
            pieces.append(piece(chunk))
    return Digest(sha256.hexdigest(), size, git.hexdigest(), crc, tuple(pieces))


def key_of(sha256: str) -> str:
    """Return the storage's key of the blob `sha256`."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}"


def flush(path: Path) -> None:
    """Make a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
