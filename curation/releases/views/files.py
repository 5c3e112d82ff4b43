"""Downloads: a release as a zip, and file by file."""

import re
import zlib
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from curation.accounts.models import User
from curation.core.errors import Gone, NotFound, Unavailable
from curation.core.parts import FilePart, PartsResponse
from curation.core.storage import FileMissing, StorageUnavailable, storage
from curation.releases import archive, blobs
from curation.releases.actions import note_card, note_download
from curation.releases.models import Release, ReleaseFile
from curation.releases.queries.find import load_release
from curation.releases.queries.pages import listed_files
from curation.releases.views.opening import open_to_strangers
from curation.releases.views.passing import for_the_proxy, streamed

TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".txt": "text/plain; charset=utf-8",
    ".cff": "application/yaml",
    ".py": "text/x-python; charset=utf-8",
}
PARQUET = "application/vnd.apache.parquet"
# Files with rows of stories or ratings.
ROWS = frozenset({".parquet", ".jsonl", ".txt"})
CARD = "README.md"
EXAMPLE = re.compile(r"^### A row of `stories`.*?^```$\n*", re.MULTILINE | re.DOTALL)
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def check_there(file: ReleaseFile) -> None:
    """Raise unless the storage has the file's bytes: `Gone` where they were destroyed."""
    if file.is_purged:
        raise Gone(purged_words(file))
    if storage().size(blobs.key_of(file.blob_id)) is None:
        raise Unavailable(
            _("%(path)s is missing from the store. Ask an admin to verify this release.") % {"path": file}
        )


def purged_words(file: ReleaseFile) -> str:
    """Say that a file was destroyed, and what is left."""
    text = _("%(path)s was destroyed with a story that it had. A later version has the other stories.")
    return text % {"path": file.path}


def text_of(file: ReleaseFile) -> str:
    """Return a file as text, or an empty string when its bytes are gone."""
    if file.is_purged:
        return ""
    try:
        return b"".join(storage().read(blobs.key_of(file.blob_id))).decode()
    except FileMissing:
        return ""


def card_of(release: Release) -> str:
    """Return the card of a built release without its example, or an empty string where the storage has none to give.

    The example is a row with what reviewers made of a story: rows are for those who are noted to read them.
    """
    file = release.files.filter(path=CARD).select_related("blob").first()
    try:
        return without_example(text_of(file)) if file else ""
    except StorageUnavailable:
        return ""


def without_example(readme: str) -> str:
    """Return a card without the row that it shows as an example."""
    return EXAMPLE.sub("", readme)


def built(request: HttpRequest, org: str, name: str, version: str) -> Release:
    """Return a release that can be downloaded: a built one, or by curators one that awaits approval."""
    release = load_release(request.user, org, name, version)
    if not release.complete:
        raise NotFound(_("%(version)s is not built yet.") % {"version": release.version})
    return release


def known(request: HttpRequest) -> User | None:
    """Return who asks; None for a stranger."""
    return request.user if request.user.is_authenticated else None


@require_safe
@open_to_strangers
def release_file(request: HttpRequest, org: str, name: str, version: str, path: str) -> HttpResponseBase:
    """Send one file. It is noted who fetches rows."""
    release = built(request, org, name, version)
    file = release.files.select_related("blob__purged").filter(path=path).first()
    if file is None:
        raise NotFound(_("%(version)s has no file %(path)s.") % {"version": release.version, "path": path[:100]})
    return send_file(request, file, release=release, user=known(request), tag=file.blob_id)


def send_file(
    request: HttpRequest, file: ReleaseFile, *, release: Release, user: User | None, tag: str
) -> HttpResponseBase:
    """Send a file, or the part of it that a `Range` header asks for; from a bucket, send to it.

    `tag` stands for its bytes. When it has rows, it is noted that `user` fetches them, and counted; None is a stranger.
    Of the story of which the card shows a row, it is noted too.
    """
    if file.is_purged:
        raise Gone(purged_words(file))
    suffix = Path(file.path).suffix
    if suffix in ROWS and request.method == "GET":
        note(request, user, release)
    elif file.path == CARD and user is not None and request.method == "GET":
        note_card(user=user, readme=text_of(file))
    key, tag, size = blobs.key_of(file.blob_id), f'"{tag}"', file.blob.size
    name, content_type = file.path.replace("/", "-"), TYPES.get(suffix, PARQUET)
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Type": content_type,
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    wanted = wanted_range(request, tag, size)
    start, end = wanted or (0, size - 1)
    if wanted and (start >= size or end < start):
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    check_there(file)
    if goes_on(request):
        if link := storage().link(key, name=name, content_type=content_type):
            # The address is good for a few minutes, so it is not kept.
            said = {"Location": link, "Cache-Control": "private, no-store", "ETag": tag}
            return HttpResponse(status=302, headers=said)
        if by_proxy := for_the_proxy(key):
            # What it takes parts of, it says by itself.
            del headers["Accept-Ranges"]
            return HttpResponse(headers={**headers, **by_proxy})
    headers["Content-Length"] = str(end - start + 1)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    status = 200 if wanted is None else 206
    if request.method != "GET":
        return HttpResponse(status=status, headers=headers)
    path = storage().path(key)
    if path is not None:
        return PartsResponse([FilePart(path, start, end - start + 1)], status=status, headers=headers)
    return streamed(storage().read(key, start, end - start + 1), status=status, headers=headers)


def note(request: HttpRequest, user: User | None, release: Release) -> None:
    """Record that somebody is about to fetch rows of a release, and have it counted (`curation.access.middleware`)."""
    if user is not None:
        note_download(user=user, release=release)
    asked: Any = getattr(request, "_request", request)
    asked.fetched = release


def goes_on(request: HttpRequest) -> bool:
    """Return whether this request may be sent on to where the file lies.

    Not where our tag counts, which is another there: then a download that broke off would start anew. And not for a
    head, which an address that is signed for getting does not answer.
    """
    return request.method == "GET" and "If-Range" not in request.headers


def wanted_range(request: HttpRequest, tag: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte that one `Range` asks for, or None for the whole file (RFC 9110, 14.2)."""
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not any(match.groups()) or request.headers.get("If-Range", tag) != tag:
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


@require_safe
@open_to_strangers
def release_zip(request: HttpRequest, org: str, name: str, version: str) -> HttpResponseBase:
    """Send all files as one zip, the same bytes every time. It is noted who fetches it.

    It is put together while it is sent, wherever the files lie: a bucket would have to hold each release twice.
    """
    release = built(request, org, name, version)
    files = listed_files(release)
    for file in files:
        if file.is_purged:
            raise Gone(purged_words(file))
    if request.method == "GET":
        note(request, known(request), release)
    tag = f'"{release.manifest_sha256}.zip"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    entries = [entry_of(file, release) for file in files]
    headers = {
        "ETag": tag,
        "Content-Length": str(archive.length(entries)),
        "Content-Type": "application/zip",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{release.folder}.zip"',
    }
    if request.method != "GET":
        return HttpResponse(headers=headers)
    parts: list[bytes | FilePart] = []
    for part in archive.parts(entries):
        if isinstance(part, bytes):
            parts.append(part)
        elif path := storage().path(blobs.key_of(part.sha256)):
            parts.append(FilePart(path, 0, part.size))
        else:
            return streamed(archive.stream(entries), headers=headers)
    return PartsResponse(parts, headers=headers)


def entry_of(file: ReleaseFile, release: Release) -> archive.ArchiveEntry:
    """Return a file as the zip lists it. The manifest names the checksums of all files but its own."""
    check_there(file)
    key = blobs.key_of(file.blob_id)
    listed = {part["path"]: part["crc32"] for part in (release.manifest or {})["files"]}
    crc32 = listed[file.path] if file.path in listed else checksum(storage().read(key))
    return archive.ArchiveEntry(file.path, file.blob.size, crc32, lambda: storage().read(key), file.blob_id)


def checksum(pieces: Iterator[bytes]) -> int:
    """Return the CRC-32 of a file."""
    return reduce(lambda crc, piece: zlib.crc32(piece, crc), pieces, 0)
