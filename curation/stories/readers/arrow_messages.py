"""What the batches of an Arrow file unpack to: each is unpacked whole, and a short file may claim any size.

The library tells of it only once it is done, so the heads of messages are read here: tables as FlatBuffers has them
(Message.fbs, File.fbs), and in front of each packed buffer how long it is unpacked.
"""

import struct
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from curation.stories.readers.base import FileUnreadable

# Bytes that a batch may unpack to, and the times its packed length that it may in any case, which text never does.
MOST_UNPACKED, MOST_TIMES = 512 << 20, 20
LONGEST_HEAD = 64 << 20
MAGIC, CONTINUES = b"ARROW1", -1
DICTIONARY, BATCH = 2, 3


class Table:
    """One table of a FlatBuffer. Raises `struct.error` where it goes on outside of the bytes."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    @classmethod
    def root(cls, data: bytes) -> "Table":
        """Return the outermost table."""
        return cls(data, *struct.unpack_from("<I", data, 0))

    def number(self, field: int, form: str) -> int:
        """Return a number of the table, 0 where it is left out."""
        place = self._place(field)
        return struct.unpack_from(form, self.data, place)[0] if place else 0

    def table(self, field: int) -> "Table | None":
        """Return a table in it."""
        place = self._place(field)
        return Table(self.data, self._target(place)) if place else None

    def structs(self, field: int, form: str) -> list[tuple[int, ...]]:
        """Return a list of structs."""
        if not (place := self._place(field)):
            return []
        start = self._target(place)
        (count,) = struct.unpack_from("<I", self.data, start)
        size = struct.calcsize(form)
        if count > len(self.data) // size:
            raise struct.error("a list is longer than its bytes")
        return [struct.unpack_from(form, self.data, start + 4 + n * size) for n in range(count)]

    def _target(self, place: int) -> int:
        return int(place + struct.unpack_from("<I", self.data, place)[0])

    def _place(self, field: int) -> int:
        described = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        if described < 0:
            raise struct.error("a table is described outside of its bytes")
        (size,) = struct.unpack_from("<H", self.data, described)
        if 4 + 2 * field >= size:
            return 0
        (offset,) = struct.unpack_from("<H", self.data, described + 4 + 2 * field)
        return int(self.at + offset) if offset else 0


def check_messages(stream: IO[bytes]) -> None:
    """Raise `FileUnreadable` for a file or stream in which one message unpacks to more than fits into the memory."""
    try:
        for head, body in _messages(stream):
            if head is not None:
                _check(stream, head, body)
    except FileUnreadable:
        raise
    except (struct.error, ValueError, OverflowError, OSError) as error:
        text = _("This Arrow file is damaged: the head of a message cannot be read (%(error)s).")
        raise FileUnreadable(text % {"error": error}) from error
    stream.seek(0)


def _messages(stream: IO[bytes]) -> Iterator[tuple[Table | None, int]]:
    """Yield the head of each message and where its body begins, as the library would read them."""
    stream.seek(0)
    if stream.read(6) == MAGIC:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 10))
        length, ending = struct.unpack("<i6s", stream.read(10))
        if ending != MAGIC or not 0 < length <= min(LONGEST_HEAD, size):
            # Broken off: the library says so.
            return
        stream.seek(size - 10 - length)
        footer = Table.root(stream.read(length))
        for field in (2, 3):
            for offset, _head, _body in footer.structs(field, "<qi4xq"):
                head, body = _message(stream, offset)
                yield head, body
        return
    at = 0
    while True:
        head, body = _message(stream, at)
        if head is None:
            return
        yield head, body
        if (length := head.number(3, "<q")) < 0:
            raise struct.error("a message of a length below nought")
        at = body + length


def _message(stream: IO[bytes], at: int) -> tuple[Table | None, int]:
    """Read the head of the message at a place; None where there is none any more."""
    stream.seek(at)
    prefix = stream.read(4)
    if len(prefix) < 4:
        return None, at
    (length,) = struct.unpack("<i", prefix)
    begins = at + 4
    if length == CONTINUES:
        (length,) = struct.unpack("<i", stream.read(4))
        begins += 4
    if length == 0:
        return None, begins
    if not 0 < length <= LONGEST_HEAD:
        raise struct.error(f"a head of {length} bytes")
    return Table.root(stream.read(length)), begins + length


def _check(stream: IO[bytes], head: Table, body: int) -> None:
    kind, content = head.number(1, "<B"), head.table(2)
    if kind == DICTIONARY and content is not None:
        content = content.table(1)
    if kind not in (DICTIONARY, BATCH) or content is None or content.table(3) is None:
        return
    unpacked = packed = 0
    for offset, length in content.structs(2, "<qq"):
        packed += length
        if length >= 8:
            stream.seek(body + offset)
            (said,) = struct.unpack("<q", stream.read(8))
            unpacked += length if said < 0 else said
    if unpacked > max(MOST_UNPACKED, MOST_TIMES * packed):
        raise FileUnreadable(
            _(
                "This Arrow file has a batch of rows that does not fit into the memory once it is unpacked. Write it "
                "anew with fewer rows in a batch."
            )
        )
