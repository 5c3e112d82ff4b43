"""Which format a file has, by what is in it; its name only settles what the content leaves open."""

import csv
import io
import json
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.stories.fields import FIELDS
from curation.stories.readers.archive import Archive
from curation.stories.readers.base import MAX_PIECE, Encoding, FileUnreadable, NamedBytes, Reader
from curation.stories.readers.columnar import Arrow, Parquet
from curation.stories.readers.delimited import Delimited
from curation.stories.readers.encoding import find_encoding
from curation.stories.readers.json_text import JsonArray, JsonLines, JsonObject, JsonSequence, has_stories
from curation.stories.readers.prose import SUFFIXES, ProseReader
from curation.stories.readers.quoting import find_dialect

NOT_READ = (
    (b"\x1f\x8b", gettext_lazy("It is packed with gzip. Unpack it, or pack it as a zip archive.")),
    (b"BZh", gettext_lazy("It is packed with bzip2. Unpack it, or pack it as a zip archive.")),
    (b"\xfd7zXZ", gettext_lazy("It is packed with xz. Unpack it, or pack it as a zip archive.")),
    (b"\x28\xb5\x2f\xfd", gettext_lazy("It is packed with zstd. Unpack it, or pack it as a zip archive.")),
    (b"7z\xbc\xaf", gettext_lazy("It is a 7z archive. Pack it as a zip archive.")),
    (b"Rar!", gettext_lazy("It is a RAR archive. Pack it as a zip archive.")),
    (b"%PDF", gettext_lazy("It is a PDF. Save the stories as text, Markdown or a table.")),
    (b"\xd0\xcf\x11\xe0", gettext_lazy("It is an old office document. Save it as CSV (UTF-8) or text.")),
    (b"SQLite format 3", gettext_lazy("It is an SQLite database. Export the table as CSV.")),
)
KNOWN = {guess for field in FIELDS.values() for guess in field.guesses}
NAME = re.compile(r"[^\n]{0,59}[^\n:.,;!?…]")
# What spreadsheets write and read above the header.
SEP = re.compile(r"\"?sep=([^\w\s\"]|\t)\"?[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)
ARRAY = re.compile(r"\s*\[\s*(?:\{|\Z)")
WRAPPED = re.compile(r'\s*\{\s*"[^"\\]*"\s*:\s*(?=\[\s*\{)')


def open_file(path: Path, name: str = "", encoding: str = "", found: dict[str, Encoding] | None = None) -> Reader:
    """Return the reader for the file at `path`; `name` is what its owner calls it.

    `encoding` is what a person chose for text that is not UTF-8; without it the encoding is found. `found` holds what
    was found when the same file was opened before, and keeps what is found now. Raises `FileUnreadable` with a sentence
    that says what would help, and `Doubtful` where a person has to choose.
    """
    return open_blob(NamedBytes(name or path.name, path, encoding=encoding, found={} if found is None else found))


def open_blob(blob: NamedBytes) -> Reader:
    """Return the reader for `blob`."""
    head = blob.head()
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise FileUnreadable(_("The file is empty."))
    if head.startswith(b"PAR1"):
        return Parquet(blob)
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return Arrow(blob)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if blob.member:
            raise FileUnreadable(_("There is an archive inside the archive. Unpack it first."))
        return Archive(blob, open_blob)
    for magic, advice in NOT_READ:
        if head.startswith(magic):
            raise FileUnreadable(str(advice))
    return _open_text(blob, head)


def _open_text(blob: NamedBytes, head: bytes) -> Reader:
    if not (encoding := blob.found.get(blob.name)):
        with blob.open() as stream:
            encoding = find_encoding(stream, blob.encoding, blob.name, shared=blob.shared)
        blob.found[blob.name] = encoding
    sample = head.decode(encoding.codec, errors="replace").lstrip("\ufeff")
    suffix = PurePosixPath(blob.name).suffix.lower()
    # Not `splitlines`, which also divides at signs that stand inside JSON strings.
    first = next((line for line in re.split(r"[\r\n]+", sample) if line.strip()), "")
    if first.lstrip().startswith("{"):
        over_lines, more = _over_lines(sample)
        lines = suffix in {".jsonl", ".ndjson"} and not over_lines
        if (_is_object(first) or lines) and not _is_wrapper(sample):
            return JsonLines(blob, encoding)
        if more:
            return JsonSequence(blob, encoding)
        if blob.size() <= MAX_PIECE and (whole := JsonObject.of(blob, encoding)):
            return whole
        if WRAPPED.match(sample):
            return JsonArray(blob, encoding, wrapped=True)
        if suffix == ".json" or len(first) > 60_000:
            return JsonLines(blob, encoding)
    if ARRAY.match(sample) or (suffix == ".json" and first.lstrip().startswith("[")):
        return JsonArray(blob, encoding)
    if suffix == ".json":
        raise FileUnreadable(_("This is not a JSON array of objects, nor one object per line."))
    if suffix in SUFFIXES and not _is_table(sample):
        return ProseReader([blob], encoding)
    if not sample.isprintable() and _looks_binary(sample):
        raise FileUnreadable(
            _("This is not text, nor a format that is read here: CSV, TSV, JSON, Parquet, Arrow or zip.")
        )
    told = SEP.match(sample)
    table = sample[told.end() :] if told else sample
    dialect, proved = find_dialect(table, whole=len(head) == blob.size(), known=KNOWN)
    if told:
        dialect = replace(dialect, delimiter=told[1])
    return Delimited(blob, encoding, dialect, proved=proved, told=bool(told))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _over_lines(sample: str) -> tuple[bool, bool]:
    """Return whether `sample` begins with an object over several lines, and whether another object follows it."""
    sample = sample.lstrip()
    try:
        _value, end = json.JSONDecoder().raw_decode(sample)
    except (ValueError, RecursionError):
        return False, False
    over_lines = "\n" in sample[:end] or "\r" in sample[:end]
    return over_lines, over_lines and sample[end:].lstrip().startswith("{")


def _is_wrapper(sample: str) -> bool:
    """Return whether `sample` is one object, on one line, that has no story of its own, but a list of them."""
    try:
        value = json.loads(sample)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and has_stories(value)


def _is_table(sample: str) -> bool:
    """Return whether rows between tabs are as wide as a first row that has names, not indents or what somebody says."""
    rows = [row for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter="\t"), 5) if row]
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows[:-1]):
        return False
    return all(NAME.fullmatch(cell.strip()) for cell in rows[0])


def _looks_binary(sample: str) -> bool:
    odd = sum(ord(char) < 32 and char not in "\t\r\n\f\0" for char in sample)
    return odd > 2 + len(sample) * 0.05
