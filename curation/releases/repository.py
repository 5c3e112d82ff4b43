"""The files of a release's repository, as they are finished."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curation.releases import blobs
from curation.releases.parquet import Shard


@dataclass(frozen=True)
class File:
    """A finished file of the repository: of text, or with rows.

    `rows` is set for those with rows; `rows_sha256` is over the rows whatever the encoding, `nbytes` their size in
    memory. `local` is where it lies until it is stored.
    """

    path: str
    digest: blobs.Digest
    rows: int | None = None
    rows_sha256: str = ""
    nbytes: int = 0
    local: Path | None = None

    def listed(self) -> dict[str, Any]:
        """Return the file as the manifest lists it."""
        digest = self.digest
        entry: dict[str, Any] = {"path": self.path, "size": digest.size, "sha256": digest.sha256}
        entry |= {"git_sha1": digest.git_sha1, "crc32": digest.crc32}
        return entry if self.rows is None else {**entry, "rows": self.rows, "rows_sha256": self.rows_sha256}

    def noted(self) -> dict[str, Any]:
        """Return what `recalled` makes the file from, as JSON."""
        return {**asdict(self), "local": None}

    @classmethod
    def recalled(cls, noted: dict[str, Any]) -> "File":
        """Return a file that was noted, and is stored."""
        digest = noted["digest"]
        return cls(**{**noted, "digest": blobs.Digest(**{**digest, "pieces": tuple(digest["pieces"])})})


def finished(path: Path, name: str = "", shard: Shard | None = None) -> File:
    """Flush a file, take its digests and give it its name in the repository."""
    blobs.flush(path)
    digest = blobs.digest(path)
    if shard is None:
        return File(name, digest, local=path)
    return File(name, digest, shard.rows, shard.rows_sha256 or digest.sha256, shard.nbytes, local=path)


def shard_name(config: str, split: str, number: int, count: int, suffix: str = ".parquet") -> str:
    """Return the path of a file with rows, by which the Hub's clients know its config and split."""
    return f"{config}/{split}-{number:05d}-of-{count:05d}{suffix}"
