"""The zip: readable by everyone, the same bytes every time, its length known beforehand."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from curation.releases import archive

FILES = st.dictionaries(
    st.from_regex(r"[a-zé]{1,8}(/[a-z]{1,8})?\.x", fullmatch=True), st.binary(max_size=300), max_size=6
)


def entry(name: str, content: bytes) -> archive.ArchiveEntry:
    def read() -> Iterator[bytes]:
        yield content[:7]
        yield content[7:]

    return archive.ArchiveEntry(name, len(content), zlib.crc32(content), read)


@given(FILES)
def test_a_zip_holds_its_files_and_is_as_long_as_it_said(files: dict[str, bytes]) -> None:
    entries = [entry(name, content) for name, content in files.items()]
    written = b"".join(archive.stream(entries))
    assert len(written) == archive.length(entries)
    with zipfile.ZipFile(io.BytesIO(written)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == files
    assert written == b"".join(archive.stream(entries))


def test_files_beyond_four_gigabytes_get_wide_fields() -> None:
    nothing: Callable[[], Iterator[bytes]] = lambda: iter(())  # noqa: E731
    entries = [archive.ArchiveEntry("large", 5 * 2**30, 1, nothing), archive.ArchiveEntry("after", 3, 2, nothing)]
    parts = list(archive.stream(entries))
    with zipfile.ZipFile(io.BytesIO(parts[-1])) as opened:
        large, after = opened.infolist()
    assert large.file_size == 5 * 2**30
    assert archive.length(entries) == sum(map(len, parts)) + 5 * 2**30 + 3
    assert after.file_size == 3
