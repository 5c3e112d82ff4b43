"""A zip of stored files whose every byte is known beforehand: no compression, no clock, no file system."""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LIMIT = 0xFFFFFFFF
# 1 January 1980, the first day a zip can name.
DAY = (1 << 5) | 1
UTF8_NAMES = 0x800


@dataclass(frozen=True)
class ArchiveEntry:
    """One file: `read` yields its bytes, `size` and `crc32` describe them."""

    name: str
    size: int
    crc32: int
    read: Callable[[], Iterator[bytes]]
    sha256: str = ""


def _local(entry: ArchiveEntry) -> bytes:
    name, large = entry.name.encode(), entry.size >= LIMIT
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.size) if large else b""
    size = LIMIT if large else entry.size
    fields = (0x04034B50, 45 if large else 20, UTF8_NAMES, 0, 0, DAY, entry.crc32, size, size, len(name), len(extra))
    return struct.pack("<IHHHHHIIIHH", *fields) + name + extra


def _central(entry: ArchiveEntry, offset: int) -> bytes:
    name, wide = entry.name.encode(), b""
    size, start = entry.size, offset
    if entry.size >= LIMIT:
        wide, size = struct.pack("<QQ", entry.size, entry.size), LIMIT
    if offset >= LIMIT:
        wide, start = wide + struct.pack("<Q", offset), LIMIT
    extra = struct.pack("<HH", 1, len(wide)) + wide if wide else b""
    needs, unix = 45 if wide else 20, 3 << 8
    head = (0x02014B50, unix | needs, needs, UTF8_NAMES, 0, 0, DAY, entry.crc32, size, size, len(name), len(extra))
    return struct.pack("<IHHHHHHIIIHHHHHII", *head, 0, 0, 0, 0o100644 << 16, start) + name + extra


def _end(count: int, size: int, offset: int) -> bytes:
    wide = b""
    if offset + size >= LIMIT or count >= 0xFFFF:
        wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
        wide += struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1)
    few = min(count, 0xFFFF)
    return wide + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, few, few, min(size, LIMIT), min(offset, LIMIT), 0)


def _directory(entries: Sequence[ArchiveEntry]) -> tuple[bytes, int]:
    """Return the zip's directory, and where it starts."""
    offset, directory = 0, b""
    for entry in entries:
        directory += _central(entry, offset)
        offset += len(_local(entry)) + entry.size
    return directory, offset


def length(entries: Sequence[ArchiveEntry]) -> int:
    """Return the size in bytes of the whole zip."""
    directory, offset = _directory(entries)
    return offset + len(directory) + len(_end(len(entries), len(directory), offset))


def stream(entries: Sequence[ArchiveEntry]) -> Iterator[bytes]:
    """Yield the zip, file by file."""
    for part in parts(entries):
        if isinstance(part, bytes):
            yield part
        else:
            yield from part.read()


def parts(entries: Sequence[ArchiveEntry]) -> Iterator[bytes | ArchiveEntry]:
    """Yield what the zip is made of: bytes of its own, and files, each in its place."""
    for entry in entries:
        yield _local(entry)
        yield entry
    directory, offset = _directory(entries)
    yield directory + _end(len(entries), len(directory), offset)
