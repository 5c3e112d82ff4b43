"""Repositories of the Hub for tests: commits with parents and trees, branches and tags, in memory."""

import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Commit:
    """A commit: its parent, its files by path, and what it says."""

    oid: str
    parent: str
    tree: dict[str, "File"]
    title: str
    message: str
    author: str


@dataclass(frozen=True)
class File:
    """A file; `lfs` where git holds a pointer."""

    content: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git(self) -> str:
        said = self.content
        if self.lfs:
            said = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
                self.sha256.encode(),
                len(said),
            )
        return hashlib.sha1(b"blob %d\0" % len(said) + said, usedforsecurity=False).hexdigest()


@dataclass
class Repo:
    """A repository."""

    private: bool
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)

    def commit(self, branch: str, tree: dict[str, File], title: str, message: str = "", author: str = "ours") -> str:
        """Add a commit to a branch, and return its name."""
        parent = self.branches.get(branch, "")
        said = json.dumps([parent, title, message, len(self.commits), sorted((p, f.sha256) for p, f in tree.items())])
        oid = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()
        self.commits[oid] = Commit(oid, parent, tree, title, message, author)
        self.branches[branch] = oid
        return oid

    def found(self, revision: str) -> Commit | None:
        """Return the commit that a branch, a tag or a name stands for."""
        oid = self.branches.get(revision) or self.tags.get(revision) or revision
        return self.commits.get(oid)

    def history(self, revision: str) -> list[Commit]:
        """Return the commits up to a revision, the newest first."""
        found, commit = [], self.found(revision)
        while commit is not None:
            found.append(commit)
            commit = self.commits.get(commit.parent)
        return found

    def main(self) -> dict[str, bytes]:
        """Return the files of the main branch."""
        return {path: file.content for path, file in self.commits[self.branches["main"]].tree.items()}

    def large(self) -> dict[str, str]:
        """Return the SHA-256 of every file in LFS that is named by a commit and not destroyed, with a path of it."""
        named = ((file.sha256, path) for one in self.commits.values() for path, file in one.tree.items() if file.lfs)
        return {sha256: path for sha256, path in named if sha256 not in self.destroyed}

    def titles(self) -> list[str]:
        """Return the titles of the main branch's commits, the oldest first, without the first."""
        return [one.title for one in reversed(self.history("main"))][1:]
