"""What a repository of a Hub has, and what it is to have."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WantedFile:
    """A file that a repository is to have: from the storage, or `content` where it is made for the repository."""

    path: str
    size: int
    sha256: str
    git_sha1: str
    content: bytes | None = None


@dataclass(frozen=True)
class Remote:
    """A file as the Hub lists it; `sha256` is empty where git holds its bytes, and `git` the name that git gives it."""

    size: int
    sha256: str
    git: str

    def is_same(self, wanted: WantedFile) -> bool:
        """Whether these are the wanted bytes."""
        known = (self.sha256, wanted.sha256) if self.sha256 else (self.git, wanted.git_sha1)
        return self.size == wanted.size and known[0] == known[1]


@dataclass(frozen=True)
class HubCommit:
    """A commit of a branch."""

    oid: str
    title: str
    message: str


@dataclass(frozen=True)
class Refs:
    """Branches and tags, each with the commit that it names."""

    branches: dict[str, str]
    tags: dict[str, str]
