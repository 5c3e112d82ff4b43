"""Files in an S3-compatible bucket, which any number of machines share."""

import io
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from curation.core.storage.client import client
from curation.core.storage.configured import Configured
from curation.core.storage.copies import Copies
from curation.core.storage.errors import ContentDiffers, FileMissing, StorageUnavailable
from curation.core.storage.interface import PIECE, Storage, StoredFile, sha256_in
from curation.core.storage.refusals import bucket_explained, code_of

log = logging.getLogger(__name__)
# A file is sent in parts of this many bytes at least, one of them in memory at a time; S3 takes 10,000 parts of a file.
PART, MOST_PARTS = 8 << 20, 9_000
LINK_LASTS = 15 * 60
# A connection that breaks while a file is read is opened again where it broke.
READ_TRIES = 3


class Bucket(Storage):
    """Files in a bucket, below a prefix. An object appears when all of it was sent, so it is whole or absent."""

    def __init__(self, configured: Configured, copies: Path) -> None:
        self.configured = configured
        self.copies = Copies(copies)

    def put(self, key: str, source: IO[bytes]) -> None:
        """Send a small file at once and a large one in parts. The bucket checks the SHA-256 of every request."""
        wanted, start = sha256_in(key), source.tell()
        size = source.seek(0, io.SEEK_END) - start
        source.seek(start)
        if size > PART:
            self._put_parts(key, source, size, wanted)
            return
        content = source.read()
        if sha256(content).hexdigest() != wanted:
            raise ContentDiffers
        with self._explained("put"):
            self._client().put_object(**self._at(key), Body=content)

    def _put_parts(self, key: str, source: IO[bytes], size: int, wanted: str) -> None:
        s3, part, digest = self._client(), max(PART, -(-size // MOST_PARTS)), sha256()
        with self._explained("put"):
            upload = s3.create_multipart_upload(**self._at(key))["UploadId"]
            try:
                sent: list[Any] = []
                while content := source.read(part):
                    digest.update(content)
                    number = len(sent) + 1
                    answer = s3.upload_part(**self._at(key), UploadId=upload, PartNumber=number, Body=content)
                    sent.append({"ETag": answer["ETag"], "PartNumber": number})
                if digest.hexdigest() != wanted:
                    raise ContentDiffers
                s3.complete_multipart_upload(**self._at(key), UploadId=upload, MultipartUpload={"Parts": sent})
            except BaseException:
                self._abort(key, upload)
                raise

    def _abort(self, key: str, upload: str) -> None:
        """Have the parts of a failed upload removed; what cannot be now is swept later."""
        try:
            self._client().abort_multipart_upload(**self._at(key), UploadId=upload)
        except (BotoCoreError, ClientError) as error:
            log.warning("an unfinished upload is left in the bucket for now (%s)", code_of(error))

    def size(self, key: str) -> int | None:
        """Ask for the object's head."""
        try:
            with self._explained("head"):
                return int(self._client().head_object(**self._at(key))["ContentLength"])
        except FileMissing:
            return None

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Get the object, and where the connection breaks get the rest of it."""
        if length == 0:
            return
        end = None if length is None else start + length
        for tried in range(1, READ_TRIES + 1):
            body = self._get(key, start, None if end is None else end - start)
            try:
                with self._explained("get"), closing(body):
                    for piece in body.iter_chunks(PIECE):
                        start += len(piece)
                        yield piece
                return
            except StorageUnavailable:
                if tried == READ_TRIES:
                    raise

    def _get(self, key: str, start: int, length: int | None) -> Any:
        # An empty file has no range that could be asked for.
        whole = start == 0 and length is None
        part = {} if whole else {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"}
        with self._explained("get"):
            return self._client().get_object(**self._at(key), **part)["Body"]

    def open(self, key: str, size: int) -> IO[bytes]:
        """Read a small file at once, and of a large one what is asked for."""
        if size <= PART:
            return io.BytesIO(b"".join(self.read(key)))
        return io.BufferedReader(Ranges(self, key, size), buffer_size=64 * 1024)

    def on_disk(self, key: str) -> AbstractContextManager[Path]:
        """Give a copy on this machine, which is fetched once and kept as long as it is used."""
        return self.copies.of(sha256_in(key), lambda: self.read(key))

    def link(self, key: str, *, name: str, content_type: str) -> str | None:
        """Sign an address of the bucket's own, unless browsers are not to be sent there."""
        if not self.configured.redirect:
            return None
        parameters = {
            **self._at(key),
            "ResponseContentDisposition": f'attachment; filename="{name}"',
            "ResponseContentType": content_type,
        }
        with self._explained("sign"):
            public = client(self.configured, public=True)
            return public.generate_presigned_url("get_object", Params=parameters, ExpiresIn=LINK_LASTS)

    def path(self, key: str) -> None:
        """There is none."""
        return

    def entries(self, folder: str) -> Iterator[StoredFile]:
        """List the objects, a thousand a request."""
        prefix = self._name(f"{folder}/")
        with self._explained("list"):
            pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"][len(prefix) - len(folder) - 1 :]
                    yield StoredFile(key, found["Size"], found["LastModified"])

    def remove(self, key: str) -> None:
        """Delete the object, and the copy of it on this machine."""
        with self._explained("delete"):
            self._client().delete_object(**self._at(key))
        self.copies.discard(sha256_in(key))

    def discard_unfinished(self, folder: str, before: datetime) -> None:
        """Abort uploads in parts that were begun before then."""
        prefix = self._name(f"{folder}/")
        s3 = self._client()
        with self._explained("list"):
            pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for found in page.get("Uploads", ()):
                    if found["Initiated"] < before:
                        s3.abort_multipart_upload(Bucket=self._bucket, Key=found["Key"], UploadId=found["UploadId"])

    def reach(self, *, quick: bool = False) -> None:
        """List one object: an answer that says why it is refused, where a head has no words."""
        with self._explained("list", asked=True):
            client(self.configured, quick=quick).list_objects_v2(Bucket=self._bucket, Prefix=self._name(""), MaxKeys=1)

    def _explained(self, doing: str, *, asked: bool = False) -> AbstractContextManager[None]:
        """Tell what the bucket refuses. The answer to a head has a number only; then the bucket is asked for more."""
        return bucket_explained(self.configured, doing, None if asked else self.reach)

    def _client(self) -> Any:
        return client(self.configured)

    @property
    def _bucket(self) -> str:
        return self.configured.bucket

    def _name(self, key: str) -> str:
        return f"{self.configured.prefix}/{key}" if self.configured.prefix else key

    def _at(self, key: str) -> dict[str, str]:
        sha256_in(key)
        return {"Bucket": self._bucket, "Key": self._name(key)}


class Ranges(io.RawIOBase):
    """A file of `size` bytes in a storage, of which only the parts that are read are fetched."""

    def __init__(self, storage: Storage, key: str, size: int) -> None:
        self.storage, self.key, self.length, self.position = storage, key, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, which costs nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.length}[whence]
        self.position = max(0, base + offset)
        return self.position

    def readinto(self, buffer: Any, /) -> int:
        """Fetch as much as the buffer takes."""
        view = memoryview(buffer).cast("B")
        length, filled = min(len(view), self.length - self.position), 0
        if length <= 0:
            return 0
        for piece in self.storage.read(self.key, self.position, length):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        self.position += filled
        return filled
