"""Checks a copy of a release: that it is, to the byte, what was released.

    python tools/verify.py [FOLDER] [--manifest SHA256]

FOLDER is the release's folder, by default the one that this file came in. Python 3.9 or newer is all it needs; with
`pyarrow` it also reads the rows, and says in which rows a wrong byte lies. It ends with 0 if all is as released,
with 1 and a line for each thing that is not, and with 2 if there is no manifest to go by. Give the SHA-256 of the
manifest, which the page of the version shows, to be sure that the copy is of that version and was not made up as a
whole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

MANIFEST, PIECES = "manifest.json", "checksums.json"
OWN_CHECKSUM = re.compile(rb'\n  "self": "(.{72})"', re.DOTALL)
# What clients of the Hub and version control put beside a release.
NOT_OURS = re.compile(r"(^|/)(\.git|\.cache|\.gitattributes|\.DS_Store|__pycache__)(/|$)")
SHOWN = 20
# Figures of stories have four digits.
ROUNDED = 0.00006


def crc_table() -> tuple[list[int], dict[int, int]]:
    """Return the table of CRC-32, and the place of each of its entries by their highest byte, which all differ."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0xEDB88320 if byte & 1 else 0)
        table.append(byte)
    return table, {entry >> 24: byte for byte, entry in enumerate(table)}


TABLE, BY_TOP = crc_table()


def single_byte(content: bytes, crc32: int, sha256: str) -> tuple[int, int] | None:
    """Return (place, byte that belongs there) if changing one byte gives these checksums, else None.

    CRC-32 is linear: the difference of two CRCs depends on the place and the difference of the byte alone. Going back
    from the end, a place is right where that difference is the CRC of a single byte. SHA-256 confirms it.
    """
    entries = {entry: byte for byte, entry in enumerate(TABLE)}
    difference = zlib.crc32(content) ^ crc32
    for place in range(len(content) - 1, -1, -1):
        changed = entries.get(difference)
        if changed:
            right = content[place] ^ changed
            if hashlib.sha256(content[:place] + bytes([right]) + content[place + 1 :]).hexdigest() == sha256:
                return place, right
        top = BY_TOP[difference >> 24]
        difference = ((difference ^ TABLE[top]) << 8 & 0xFFFFFFFF) | top
    return None


def files_in(folder: str) -> list[str]:
    """Return the paths of all files in a folder, with / between their parts."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not NOT_OURS.search(name))
        for name in names:
            path = os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")
            if not NOT_OURS.search(path):
                found.append(path)
    return sorted(found)


def read_manifest(folder: str, expected: str) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the manifest and what is wrong with it."""
    with open(os.path.join(folder, MANIFEST), "rb") as file:
        content = file.read()
    problems = []
    sha256 = hashlib.sha256(content).hexdigest()
    if expected and sha256 != expected.lower():
        problems.append(f"{MANIFEST}: its SHA-256 is {sha256}, and not {expected}")
    checksum = OWN_CHECKSUM.search(content)
    if checksum is None:
        problems.append(f"{MANIFEST}: the checksum of itself is missing or broken")
    else:
        start, end = checksum.span(1)
        said = checksum[1].decode("latin-1")
        without = content[:start] + b"0" * (end - start) + content[end:]
        if said != f"{zlib.crc32(without):08x}{hashlib.sha256(without).hexdigest()}":
            problems.append(f"{MANIFEST}: {broken_checksum(without, said, start)}")
            # A hash that is wrong in it accuses no file.
            content = mended(without, said)
    try:
        manifest = json.loads(content)
        listed = {file["path"]: file for file in manifest["files"]}
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        problems.append(f"{MANIFEST}: it cannot be read: {error}")
        return None, problems
    return {**manifest, "listed": listed}, problems


def mended(without: bytes, said: str) -> bytes:
    """Return a manifest, without the checksum of itself, as it was if changing one byte gives that; else as it is."""
    one = single_byte(without, int(said[:8], 16), said[8:]) if re.fullmatch("[0-9a-f]{72}", said) else None
    return without[: one[0]] + bytes([one[1]]) + without[one[0] + 1 :] if one else without


def broken_checksum(without: bytes, said: str, start: int) -> str:
    """Say which byte of a manifest is wrong: one of its content, or one of the checksum of itself."""
    crc32, sha256 = f"{zlib.crc32(without):08x}", hashlib.sha256(without).hexdigest()
    if (said[:8] == crc32) != (said[8:] == sha256):
        right = crc32 + sha256
        place = next(place for place in range(72) if said[place] != right[place])
        return f"byte {start + place:,} is wrong: it is {ord(said[place]):#04x} and was {ord(right[place]):#04x}"
    if re.fullmatch("[0-9a-f]{72}", said) and (one := single_byte(without, int(said[:8], 16), said[8:])):
        return wrong_byte(without, one, 0)
    return "it was changed in more than one place"


def wrong_byte(content: bytes, one: tuple[int, int], start: int) -> str:
    """Say which byte is wrong; `start` is where `content` begins in its file."""
    place, right = one
    return f"byte {start + place:,} is wrong: it is {content[place]:#04x} and was {right:#04x}"


def check_file(
    folder: str, entry: dict[str, Any], pieces: list[str] | None, piece_bytes: int
) -> Iterator[tuple[int | None, str]]:
    """Yield (where, what) is wrong with the bytes of a listed file; `where` is the place of a byte or None."""
    path = os.path.join(folder, *entry["path"].split("/"))
    size, whole, wrong, place = os.path.getsize(path), hashlib.sha256(), [], 0
    if size < entry["size"]:
        yield None, f"it ends at byte {size:,} of {entry['size']:,}"
    elif size > entry["size"]:
        yield None, f"it goes on after byte {entry['size']:,}, up to {size:,}"
    with open(path, "rb") as file:
        while content := file.read(piece_bytes):
            whole.update(content)
            if pieces and place // piece_bytes < len(pieces):
                said = pieces[place // piece_bytes]
                if size == entry["size"] and hashlib.sha256(content).hexdigest() != said[8:]:
                    wrong.append((place, content, int(said[:8], 16), said[8:]))
                    if len(wrong) > SHOWN:
                        break
            elif not pieces and size == entry["size"] and size <= piece_bytes:
                wrong.append((0, content, entry["crc32"], entry["sha256"]))
            place += len(content)
    if size != entry["size"] or (len(wrong) <= SHOWN and whole.hexdigest() == entry["sha256"]):
        return
    if not wrong:
        yield None, f"its SHA-256 is {whole.hexdigest()} and was {entry['sha256']}"
    for start, content, crc32, sha256 in wrong[:SHOWN]:
        one = single_byte(content, crc32, sha256)
        if one:
            yield start + one[0], wrong_byte(content, one, start)
        else:
            yield start, f"bytes {start:,} to {start + len(content) - 1:,} differ in more than one place"
    if len(wrong) > SHOWN:
        yield None, "and it differs further on"


def rows_at(parquet: Any, path: str, place: int) -> str:
    """Say in which column and rows of a Parquet file a byte lies, if that can be told."""
    try:
        metadata, first = parquet.read_metadata(path), 0
    except Exception:
        return ", and its own description cannot be read"
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for column in range(group.num_columns):
            part = group.column(column)
            start = part.data_page_offset
            if part.dictionary_page_offset is not None:
                start = min(start, part.dictionary_page_offset)
            if start <= place < start + part.total_compressed_size:
                last = first + group.num_rows - 1
                return f", in column {part.path_in_schema} of rows {first:,} to {last:,}"
        first += group.num_rows
    return ", in the file's own description, outside all rows"


def check_rows(parquet: Any, folder: str, paths: list[str]) -> Iterator[str]:
    """Yield what is wrong with the rows: texts that are not those of their hashes, ratings and passages of no story."""
    stories: set[str] = set()
    for path in paths:
        if path.startswith("stories/"):
            yield from check_stories(parquet, folder, path, stories)
    for path in paths:
        if path.startswith("ratings/"):
            yield from check_ratings(parquet, folder, path, stories)


def batches(parquet: Any, folder: str, path: str, columns: list[str]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield (number of the first row, rows) of a file."""
    first = 0
    with parquet.ParquetFile(os.path.join(folder, *path.split("/"))) as file:
        for batch in file.iter_batches(batch_size=1000, columns=columns):
            yield first, batch.to_pylist()
            first += len(batch)


def check_stories(parquet: Any, folder: str, path: str, seen: set[str]) -> Iterator[str]:
    """Yield rows of a file of `stories` whose text is another, or which are there twice."""
    for first, rows in batches(parquet, folder, path, ["id", "text", "sha256"]):
        for place, row in enumerate(rows):
            where = f"{path}: row {first + place:,} ({row['id']})"
            if hashlib.sha256(row["text"].encode()).hexdigest() != row["sha256"]:
                yield f"{where}: its text is not the one of its sha256"
            if row["id"] in seen:
                yield f"{where}: the story is there twice"
            seen.add(row["id"])


def check_ratings(parquet: Any, folder: str, path: str, stories: set[str]) -> Iterator[str]:
    """Yield rows of a file of `ratings` that are of no story, or out of range."""
    for first, rows in batches(parquet, folder, path, ["story_id", "value"]):
        for place, row in enumerate(rows):
            where = f"{path}: row {first + place:,} ({row['story_id']})"
            if row["story_id"] not in stories:
                yield f"{where}: there is no such story"
            if row["value"] is not None and not 1 <= row["value"] <= 5:
                yield f"{where}: {row['value']} is no rating"


def check_means(parquet: Any, folder: str, paths: list[str], prior: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield rows of `stories` whose figures are not those that their ratings and the prior give.

    `prior` has mean and sd of the pool by criterion, as the manifest says them. A story of which a review may not be
    shown is passed over, as is a criterion without a figure. Ratings are in the order of their stories.
    """
    asked = ["story_id", "annotator", "criterion", "value", "kind"]
    given = groupby(
        (
            row
            for path in paths
            if path.startswith("ratings/")
            for _first, rows in batches(parquet, folder, path, asked)
            for row in rows
        ),
        key=lambda row: str(row["story_id"]),
    )
    columns = ["id", "n_ratings", *(f"{key}_{what}" for key in prior for what in ("mean", "sd"))]
    story, ratings = next(given, ("", iter(())))
    for path in paths:
        for first, rows in batches(parquet, folder, path, columns) if path.startswith("stories/") else ():
            for place, row in enumerate(rows):
                if row["id"] != story:
                    continue
                found = [one for one in ratings if one["kind"] == "initial"]
                story, ratings = next(given, ("", iter(())))
                if len({one["annotator"] for one in found}) == row["n_ratings"]:
                    where = f"{path}: row {first + place:,} ({row['id']})"
                    yield from (f"{where}: {wrong}" for wrong in wrong_figures(row, found, prior))


def wrong_figures(
    row: dict[str, Any], ratings: list[dict[str, Any]], prior: dict[str, dict[str, float]]
) -> Iterator[str]:
    """Yield the figures of a story that its ratings do not give: mean and sd of the posterior, as the card has them."""
    for key, pool in prior.items():
        values = [one["value"] for one in ratings if one["criterion"] == key and one["value"] is not None]
        if row[f"{key}_mean"] is None or not values:
            continue
        n, own = len(values), sum(values) / len(values)
        mean = (sum(values) + pool["mean"]) / (n + 1)
        around = sum((value - own) ** 2 for value in values) + n / (n + 1) * (own - pool["mean"]) ** 2
        sd = math.sqrt((2 * pool["sd"] ** 2 + around) / ((n + 2) * (n + 1)))
        for what, right in (("mean", mean), ("sd", sd)):
            if abs(row[f"{key}_{what}"] - right) > ROUNDED:
                yield f"its {key}_{what} is {row[f'{key}_{what}']}, and its ratings give {right:.4f}"


def pieces_in(folder: str, manifest: dict[str, Any]) -> tuple[dict[str, list[str]], int]:
    """Return the checksums of the pieces of all files, and the size of a piece; none where their file is wrong."""
    entry = manifest["listed"].get(PIECES)
    try:
        with open(os.path.join(folder, PIECES), "rb") as file:
            content = file.read()
    except OSError:
        content = b""
    if entry is None or hashlib.sha256(content).hexdigest() != entry["sha256"]:
        return {}, 1 << 20
    known = json.loads(content)
    return known["files"], known["piece_bytes"]


def check(folder: str, expected: str, say: Callable[[str], object]) -> int | None:
    """Check a folder; `say` is told every problem. Returns how many there are, or None without a manifest to go by."""
    try:
        manifest, problems = read_manifest(folder, expected)
    except OSError as error:
        say(f"{MANIFEST}: it cannot be read: {error.strerror}")
        return None
    for problem in problems:
        say(problem)
    if manifest is None:
        return None
    try:
        from pyarrow import parquet
    except ImportError:
        parquet = None
    found, count = set(files_in(folder)), len(problems)
    pieces, piece_bytes = pieces_in(folder, manifest)
    whole = []
    for path, entry in sorted(manifest["listed"].items()):
        if path not in found:
            say(f"{path}: it is missing")
            count += 1
            continue
        broken = list(check_file(folder, entry, pieces.get(path), piece_bytes))
        for place, what in broken:
            where = ""
            if place is not None and parquet and path.endswith(".parquet"):
                where = rows_at(parquet, os.path.join(folder, *path.split("/")), place)
            say(f"{path}: {what}{where}")
        count += len(broken)
        if not broken and path.endswith(".parquet"):
            whole.append(path)
    for path in sorted(found - set(manifest["listed"]) - {MANIFEST}):
        say(f"{path}: it is not part of the release")
        count += 1
    if parquet and len(whole) == sum(path.endswith(".parquet") for path in manifest["listed"]):
        # Those of a manifest that is wrong itself accuse nobody.
        figures = {} if problems else manifest.get("prior", {}).get("figures", {})
        for problem in (*check_rows(parquet, folder, whole), *check_means(parquet, folder, whole, figures)):
            say(problem)
            count += 1
    return count


def tell(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def main() -> int:
    """Check the folder that the command names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("folder", nargs="?", default=own)
    parser.add_argument("--manifest", default="", metavar="SHA256")
    given = parser.parse_args()
    count = check(given.folder, given.manifest, tell)
    if count is None:
        return 2
    if count:
        tell(f"{count} problem{'s' if count > 1 else ''}: this is not what was released.")
        return 1
    with open(os.path.join(given.folder, MANIFEST), "rb") as file:
        content = file.read()
    manifest = json.loads(content)
    tell(f"{manifest['dataset']} {manifest['version']}: {len(manifest['files']) + 1} files, as released.")
    digest = hashlib.sha256(content).hexdigest()
    compare = "as the one that was named" if given.manifest else f"{digest}: compare with the version's page"
    tell(f"The SHA-256 of {MANIFEST} is {compare}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
