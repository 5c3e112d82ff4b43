"""Downloads: a release as a zip, and file by file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from curation.accounts.models import User
from curation.core.errors import NotFound, Unavailable
from curation.releases import archive, blobs
from curation.releases.actions import note_download
from curation.releases.models import Release, ReleaseFile
from curation.releases.models.release import ReleaseState
from curation.releases.queries.find import load_release
from curation.releases.queries.pages import listed_files

CHUNK = 256 * 1024
TYPES = {".md": "text/markdown; charset=utf-8", ".json": "application/json"}
PARQUET = "application/vnd.apache.parquet"
ROWS = ".parquet"
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def place_of(file: ReleaseFile) -> Path:
    """Return where a file's bytes lie; `Unavailable` when they are gone."""
    place = blobs.place(Path(settings.HOME), file.blob_id)
    if not place.is_file():
        raise Unavailable(
            _("%(path)s is missing from the store. Ask an admin to verify this release.") % {"path": file}
        )
    return place


def text_of(file: ReleaseFile) -> str:
    """Return a file as text, or an empty string when its bytes are gone."""
    place = blobs.place(Path(settings.HOME), file.blob_id)
    return place.read_text(encoding="utf-8") if place.is_file() else ""


def chunks(place: Path, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """Yield `length` bytes of a file from `start`, all by default."""
    left = place.stat().st_size - start if length is None else length
    with place.open("rb") as file:
        file.seek(start)
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def built(request: HttpRequest, org: str, name: str, version: str) -> Release:
    """Return a release that can be downloaded."""
    release = load_release(cast(User, request.user), org, name, version)
    if release.state != ReleaseState.BUILT:
        raise NotFound(_("%(version)s is not built yet.") % {"version": release.version})
    return release


@require_safe
def release_file(request: HttpRequest, org: str, name: str, version: str, path: str) -> HttpResponseBase:
    """Send one file, or the part of it that a `Range` header asks for. It is noted who fetches rows."""
    release = built(request, org, name, version)
    file = release.files.select_related("blob").filter(path=path).first()
    if file is None:
        raise NotFound(_("%(version)s has no file %(path)s.") % {"version": release.version, "path": path[:100]})
    if Path(path).suffix == ROWS and request.method == "GET":
        note_download(user=cast(User, request.user), release=release)
    place, tag, size = place_of(file), f'"{file.blob_id}"', file.blob.size
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Type": TYPES.get(Path(path).suffix, PARQUET),
        "Content-Disposition": f'attachment; filename="{path.replace("/", "-")}"',
    }
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    wanted = wanted_range(request, tag, size)
    if wanted is None:
        return StreamingHttpResponse(chunks(place), headers={**headers, "Content-Length": str(size)})
    start, end = wanted
    if start >= size or end < start:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers |= {"Content-Range": f"bytes {start}-{end}/{size}", "Content-Length": str(end - start + 1)}
    return StreamingHttpResponse(chunks(place, start, end - start + 1), status=206, headers=headers)


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
def release_zip(request: HttpRequest, org: str, name: str, version: str) -> HttpResponseBase:
    """Send all files as one zip, the same bytes every time. It is noted who fetches it."""
    release = built(request, org, name, version)
    if request.method == "GET":
        note_download(user=cast(User, request.user), release=release)
    tag = f'"{release.manifest_sha256}.zip"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    entries = [entry_of(file, release) for file in listed_files(release)]
    headers = {
        "ETag": tag,
        "Content-Length": str(archive.length(entries)),
        "Content-Type": "application/zip",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{release.folder}.zip"',
    }
    return StreamingHttpResponse(archive.stream(entries), headers=headers)


def entry_of(file: ReleaseFile, release: Release) -> archive.Entry:
    """Return a file as the zip lists it. The manifest names the checksums of all files but its own."""
    place = place_of(file)
    listed = {part["path"]: part["crc32"] for part in (release.manifest or {})["files"]}
    crc32 = listed[file.path] if file.path in listed else blobs.digest(place).crc32
    return archive.Entry(file.path, file.blob.size, crc32, lambda: chunks(place))
