"""Carrying out an import: read, map, normalise, hash, store, a chunk at a time.

Every chunk is one transaction with the run's counters in it, so a killed import goes on after its last chunk.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.core import jobs, leases
from curation.core.beside import ForkEnded, worked_out_beside
from curation.core.leases import Lease, LeaseLost
from curation.core.storage import ContentDiffers, FileMissing, StorageError, StorageFull
from curation.standards.queries import NamesByKey, names_by_kind
from curation.stories import reasons
from curation.stories.actions.storing import StoredBatch, store
from curation.stories.copied import ReadyStories, ready
from curation.stories.files import on_disk
from curation.stories.mapping import NewStory, Rejected, RowMapping
from curation.stories.models import ImportDuplicate, ImportIssue, ImportRun
from curation.stories.models.imports import ImportState
from curation.stories.readers import FileRow, FileUnreadable, Reader, open_file
from curation.stories.tagging import keep_known_tags
from curation.stories.text import TOGETHER
from curation.webhooks.emitting import emit

log = logging.getLogger(__name__)
CHUNK_ROWS = 2_000
CHUNK_CHARS = 16_000_000


class RejectedRow(NamedTuple):
    """A row that is no story, why, and how it begins."""

    row: int
    reason: str
    excerpt: str


@dataclass
class Chunk:
    """Rows that are stored together, and how far into the file (bytes) they reach. More may follow one that is full."""

    stories: ReadyStories = field(default_factory=ReadyStories)
    rejected: list[RejectedRow] = field(default_factory=list)
    rows: int = 0
    chars: int = 0
    position: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is to be stored as it is."""
        return self.rows >= CHUNK_ROWS or self.chars >= CHUNK_CHARS


def claim(*, run_id: int | None = None) -> ImportRun | None:
    """Take the import that has waited longest, or that of `run_id` if it waits; None if there is none."""
    claimed = leases.claim_one(ImportRun.objects.all(), among=None if run_id is None else Q(pk=run_id))
    _note_given_up()
    return claimed[0] if claimed else None


def run_import(
    *, run: ImportRun, seconds: float | None = None, progress: Callable[[ImportRun], None] | None = None
) -> ImportRun:
    """Carry out a claimed `run` to its end, or store for about `seconds` and then leave the rest for the next claim.

    `progress` is called after every chunk. Returns the run as it then stands: done, failed with its reason, or waiting.
    `LeaseLost` if another worker took it over.
    """
    with leases.Lease(ImportRun, [run.pk], run.token) as lease:
        try:
            _carry_out(run, lease, seconds, progress)
        except (Exception, KeyboardInterrupt) as error:
            _stop(run, lease, error)
    run.refresh_from_db()
    return run


def _carry_out(
    run: ImportRun, lease: Lease, seconds: float | None, progress: Callable[[ImportRun], None] | None
) -> None:
    until: float | None = None
    with on_disk(run.file_sha256) as path, open_file(path, run.file_name, run.encoding) as reader:
        if not run.rows_done:
            reader.verify()
        with closing(_prepared(_chunks(reader, run, run.source.license, names_by_kind()))) as chunks:
            for chunk in chunks:
                if until is None and seconds is not None:
                    until = time.monotonic() + seconds
                _store(run, lease, chunk)
                if progress:
                    progress(run)
                if until is not None and time.monotonic() > until:
                    _give_way(lease)
                    return
    _end(run, lease, ImportState.DONE)


def _stop(run: ImportRun, lease: Lease, error: BaseException) -> None:
    """Keep what went wrong at the run, or let it wait for another try; an interruption gives it back."""
    if isinstance(error, LeaseLost):
        raise error
    if isinstance(error, KeyboardInterrupt):
        lease.give_back()
        raise error
    if leases.is_retryable(error) and not isinstance(error, FileMissing | ContentDiffers):
        log.warning("import %s is tried again: %s", run.pk, error)
        try:
            lease.put_off(error, reason=_reason(error))
            _note_given_up()
        except DatabaseError:
            # Away altogether: the run is free again when the lease has run out.
            raise error from None
        return
    if not isinstance(error, FileUnreadable | StorageError):
        log.error("import %s failed", run.pk, exc_info=error)
    _end(run, lease, ImportState.FAILED, _reason(error))


def _reason(error: BaseException) -> str:
    if isinstance(error, FileUnreadable):
        return str(error)
    told = {
        FileMissing: reasons.FILE_GONE,
        ContentDiffers: reasons.FILE_CHANGED,
        StorageFull: reasons.NO_ROOM,
        StorageError: reasons.OUT_OF_REACH,
        ForkEnded: reasons.READER_ENDED,
    }
    unexpected = reasons.UNEXPECTED % {"error": type(error).__name__}
    return next((reason for kind, reason in told.items() if isinstance(error, kind)), unexpected)


def _prepared(chunks: Iterator[Chunk]) -> Generator[Chunk]:
    """Yield one chunk after another; of most files the only one, made here.

    While the database stores one that is full, those after it are made by a process of their own: that has about as
    much to do as this one and the database together.
    """
    for chunk in chunks:
        if not chunk.is_full:
            yield chunk
            continue
        with worked_out_beside(chunks) as later:
            yield chunk
            yield from later
        return


def _chunks(reader: Reader, run: ImportRun, license: str, known: Mapping[str, NamesByKey]) -> Iterator[Chunk]:
    defaults = {**({"license": license} if license else {}), **run.defaults}
    columns = RowMapping(run.mapping, defaults=defaults, left_out=run.left_out)
    chunk, new = Chunk(), list[NewStory]()
    for row in islice(reader.rows(), run.rows_done, None):
        try:
            if row.problem:
                raise Rejected(row.problem)
            story = columns.story(row.values, row.number, row.utf8)
            keep_known_tags(story, known, values=row.values, mapping=run.mapping)
            new.append(story)
            chunk.chars += len(story.text)
        except Rejected as reason:
            chunk.rejected.append(_rejected(run, row, str(reason)))
        chunk.rows += 1
        # A few at a time, while what was read of them is still near the processor.
        if len(new) == TOGETHER or chunk.is_full:
            chunk.stories += ready(new)
            new.clear()
        if chunk.is_full:
            chunk.position = reader.position()
            yield chunk
            chunk = Chunk()
    chunk.stories += ready(new)
    if chunk.rows:
        chunk.position = run.file_size
        yield chunk


def _rejected(run: ImportRun, row: FileRow, reason: str) -> RejectedRow:
    text = row.values.get(run.mapping["text"]) or next(iter(row.values.values()), "")
    shown = " ".join(text[:400].split())[:200] if isinstance(text, str) else ""
    clean = "".join(char if char != "\0" and not "\ud800" <= char <= "\udfff" else "\ufffd" for char in shown)
    return RejectedRow(row.number, reason.replace("\0", "\ufffd")[:300], clean)


def _store(run: ImportRun, lease: Lease, chunk: Chunk) -> None:
    with lease.storing():
        _flush_later()
        stored = store(stories=chunk.stories, source_id=run.source_id, run_id=run.pk)
        rejected = [*chunk.rejected, *_purged(chunk, stored)]
        known = len(chunk.stories) - len(stored.new) - (len(rejected) - len(chunk.rejected))
        ImportIssue.objects.bulk_create([ImportIssue(run=run, **row._asdict()) for row in rejected])
        ImportDuplicate.objects.bulk_create(_duplicates(run, chunk, stored))
        lease.update(
            rows_done=F("rows_done") + chunk.rows,
            created=F("created") + len(stored.new),
            duplicates=F("duplicates") + known,
            rejected=F("rejected") + len(rejected),
            bytes_done=chunk.position,
            # It gets on, so whoever stopped before did not stop because of it.
            attempts=1,
            error="",
        )
        jobs.nudge("stories.check")
    run.rows_done += chunk.rows
    run.created += len(stored.new)
    run.duplicates += known
    run.rejected += len(rejected)
    run.bytes_done = chunk.position


def _flush_later() -> None:
    """Let this transaction be on disk only with the next one that waits for the disk, at the latest the run's last.

    Where the database's host loses power before that, the import goes on after an earlier chunk. Whatever anybody
    stores that rests on these stories comes after them, and so is never there without them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO OFF")


def _duplicates(run: ImportRun, chunk: Chunk, stored: StoredBatch) -> Iterator[ImportDuplicate]:
    """Yield the rows whose story was there, and those that repeat a row of this chunk."""
    fresh = set(stored.new)
    for story, pk in zip(chunk.stories, stored.ids, strict=True):
        if pk in fresh:
            fresh.remove(pk)
        elif story.row is not None and pk not in stored.purged:
            yield ImportDuplicate(run=run, row=story.row, story_id=pk)


def _purged(chunk: Chunk, stored: StoredBatch) -> Iterator[RejectedRow]:
    """Yield the rows that tell a story which was purged, without a word of it."""
    for story, pk in zip(chunk.stories, stored.ids, strict=True):
        if pk in stored.purged:
            yield RejectedRow(story.row or 0, reasons.WAS_PURGED, "")


def _give_way(lease: Lease) -> None:
    with lease.storing():
        lease.end(ImportState.PENDING, attempts=0, next_at=Now())
        jobs.nudge("stories.import")


def _end(run: ImportRun, lease: Lease, state: ImportState, error: str = "") -> None:
    with lease.storing():
        done = {"bytes_done": run.file_size} if state == ImportState.DONE else {}
        lease.end(state, error=error, finished_at=Now(), **done)
        _record(run, state)


def _note_given_up() -> None:
    """Say of imports that have failed with their last try, or with several workers in a row, that they have ended."""
    with transaction.atomic():
        given_up = ImportRun.objects.filter(state=ImportState.FAILED, finished_at__isnull=True)
        for run in given_up.select_for_update(skip_locked=True, of=("self",)).select_related("created_by"):
            ImportRun.objects.filter(pk=run.pk).update(finished_at=Now())
            _record(run, ImportState.FAILED)


def _record(run: ImportRun, state: ImportState) -> None:
    counts = {"created": run.created, "duplicates": run.duplicates, "rejected": run.rejected}
    record(actor=run.created_by or SYSTEM, verb=f"import.{state}", target=run, **counts)
    emit(event="import.finished", thing="import", key=run.pk, state=state.value, source=run.source_id, **counts)
