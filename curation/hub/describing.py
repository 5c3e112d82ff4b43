"""What the clients are told of versions, files and folders, in the members that they read."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from curation.hub.finding import commit_of
from curation.releases.models import Release, ReleaseFile
from curation.releases.views.files import ROWS

Told = dict[str, Any]


def is_large(file: ReleaseFile) -> bool:
    """Whether git would hold only a pointer to the file (Git LFS), as the Hub does with files of rows."""
    return PurePosixPath(file.path).suffix in ROWS


def etag_of(file: ReleaseFile) -> str:
    """Return what the clients keep the file under: its SHA-256 where git holds a pointer, else its name in git."""
    return file.blob_id if is_large(file) else file.blob.git_sha1


def pointer_of(file: ReleaseFile) -> bytes:
    """Return the pointer that git holds for a large file (Git LFS specification, version 1)."""
    said = f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.blob_id}\nsize {file.blob.size}\n"
    return said.encode()


def git_name(content: bytes) -> str:
    """Return the name that git gives to these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def oid_of(file: ReleaseFile) -> str:
    """Return the name in git of the file, or of the pointer to it."""
    return git_name(pointer_of(file)) if is_large(file) else file.blob.git_sha1


def sibling(file: ReleaseFile, *, blobs: bool) -> Told:
    """Return a file as a description of a dataset lists it, with sizes and hashes where they are asked for."""
    if not blobs:
        return {"rfilename": file.path}
    told: Told = {"rfilename": file.path, "size": file.blob.size, "blobId": oid_of(file)}
    if is_large(file):
        told["lfs"] = {"sha256": file.blob_id, "size": file.blob.size, "pointerSize": len(pointer_of(file))}
    return told


def file_entry(file: ReleaseFile) -> Told:
    """Return a file as a tree lists it."""
    told: Told = {"type": "file", "path": file.path, "size": file.blob.size, "oid": oid_of(file)}
    if is_large(file):
        told["lfs"] = {"oid": file.blob_id, "size": file.blob.size, "pointerSize": len(pointer_of(file))}
    return told


def folder_entry(path: str, within: Sequence[ReleaseFile]) -> Told:
    """Return a folder as a tree lists it. Its name is one of the paths and hashes of the files in it."""
    said = "".join(f"{file.path}\0{file.blob_id}\n" for file in within)
    return {"type": "directory", "path": path, "size": 0, "oid": git_name(said.encode())}


def entries(files: Sequence[ReleaseFile]) -> dict[str, Told]:
    """Return all files of a version, and the folders that they lie in, by path."""
    found = {file.path: file_entry(file) for file in files}
    folders = {str(folder) for file in files for folder in PurePosixPath(file.path).parents} - {"."}
    for folder in folders:
        found[folder] = folder_entry(folder, [file for file in files if file.path.startswith(f"{folder}/")])
    return dict(sorted(found.items()))


def with_commit(told: Told, release: Release) -> Told:
    """Return an entry with the commit that it comes from."""
    return {**told, "lastCommit": {"id": commit_of(release), "title": release.version, "date": date_of(release)}}


def date_of(release: Release) -> str:
    """Return when a version was built."""
    return written(release.built_at or release.created_at)


def written(at: datetime) -> str:
    """Return a time as the clients read it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
