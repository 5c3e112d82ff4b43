"""An answer made of bytes and of parts of files, which the web server sends without a thread for each."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.http import StreamingHttpResponse

PIECE = 64 * 1024


@dataclass(frozen=True)
class FilePart:
    """`length` bytes of a file from `start` on."""

    path: Path
    start: int
    length: int


class Parts:
    """What an answer is made of, in order.

    To a web server it looks like a file (`wsgi.file_wrapper`, PEP 3333). Ours recognises it, takes `parts` and sends
    them by `sendfile`; any other reads it.
    """

    def __init__(self, parts: Sequence[bytes | FilePart]) -> None:
        self.parts = parts
        self._pieces: Iterator[bytes] | None = None
        self._left = b""
        self._descriptor: int | None = None

    def fileno(self) -> int:
        """Return the descriptor of the first file, by which a server knows that it may be sent by `sendfile`."""
        if self._descriptor is None:
            self._descriptor = os.open(
                next(part.path for part in self.parts if isinstance(part, FilePart)), os.O_RDONLY
            )
        return self._descriptor

    def read(self, most: int) -> bytes:
        """Read on, up to `most` bytes; none at the end."""
        if self._pieces is None:
            self._pieces = iter(self)
        if not self._left:
            self._left = next(self._pieces, b"")
        taken, self._left = self._left[:most], self._left[most:]
        return taken

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            with part.path.open("rb") as file:
                file.seek(part.start)
                left = part.length
                while left > 0 and (piece := file.read(min(PIECE, left))):
                    left -= len(piece)
                    yield piece

    def close(self) -> None:
        """Let go of what `fileno` opened."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class PartsResponse(StreamingHttpResponse):
    """An answer of `parts`."""

    # How much Django has a web server read at a time that knows nothing better.
    block_size = PIECE

    def __init__(self, parts: Sequence[bytes | FilePart], **kwargs: object) -> None:
        made = Parts(parts)
        super().__init__(made, **kwargs)
        # By this name Django's handler hands it to the web server as it is.
        self.file_to_stream = made
