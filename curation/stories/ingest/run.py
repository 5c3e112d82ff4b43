"""Carrying out an import: read, map, normalise, hash, store, a chunk at a time.

Every chunk is one transaction with the run's counters in it, so a killed import goes on after its last chunk. The lease
says who carries a run out; the token, counted up at every claim, keeps an owner whose lease ran out from writing.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.core import jobs
from curation.core.errors import Conflict
from curation.standards.queries import Names, names_by_kind
from curation.stories import reasons
from curation.stories.files import full_path
from curation.stories.mapping import NewStory, Rejected, story_from
from curation.stories.models import ImportIssue, ImportRun
from curation.stories.models.imports import LEASE, ImportState, first_lease
from curation.stories.readers import Reader, Row, Unreadable, open_file
from curation.stories.storing import store
from curation.stories.tagging import keep_known_tags
from curation.stories.text import fingerprint

log = logging.getLogger(__name__)
CHUNK_ROWS = 2_000
CHUNK_CHARS = 16_000_000


@dataclass
class Chunk:
    """Rows that are stored together, and how far into the file (bytes) they reach."""

    stories: list[NewStory] = field(default_factory=list)
    issues: list[ImportIssue] = field(default_factory=list)
    rows: int = 0
    chars: int = 0
    position: int = 0


def claim(*, run_id: int | None = None) -> ImportRun | None:
    """Take the oldest import that waits, or whose owner is gone, for a minute; None if there is none."""
    due = Q(state=ImportState.PENDING) | Q(state=ImportState.RUNNING, lease_until__lt=Now())
    with transaction.atomic():
        runs = ImportRun.objects.filter(due) if run_id is None else ImportRun.objects.filter(due, pk=run_id)
        run = runs.select_for_update(skip_locked=True).order_by("pk").first()
        if run is None:
            return None
        run.state, run.token = ImportState.RUNNING, run.token + 1
        run.lease_until = Now() + first_lease(run.file_size)
        run.save(update_fields=["state", "token", "lease_until"])
    run.refresh_from_db()
    return run


def run_import(
    *, run: ImportRun, seconds: float | None = None, progress: Callable[[ImportRun], None] | None = None
) -> ImportRun:
    """Carry out a claimed `run` to its end, or store for about `seconds` and then leave the rest for the next claim.

    `progress` is called after every chunk. Returns the run as it then stands: done, failed with its reason, or waiting.
    `Conflict` if another worker took it over.
    """
    until: float | None = None
    try:
        with open_file(full_path(run.path), run.file_name, run.encoding) as reader:
            if not run.rows_done:
                reader.verify()
            with closing(_ahead(_chunks(reader, run, run.source.license, names_by_kind()))) as chunks:
                for chunk in chunks:
                    if until is None and seconds is not None:
                        until = time.monotonic() + seconds
                    _store(run, chunk)
                    if progress:
                        progress(run)
                    if until is not None and time.monotonic() > until:
                        _end(run, ImportState.PENDING)
                        return run
        _end(run, ImportState.DONE)
    except Unreadable as error:
        _end(run, ImportState.FAILED, str(error))
    except FileNotFoundError:
        _end(run, ImportState.FAILED, reasons.FILE_GONE)
    except (DatabaseError, Conflict, SoftTimeLimitExceeded):
        raise
    except Exception as error:
        _end(run, ImportState.FAILED, reasons.UNEXPECTED % {"error": type(error).__name__})
        log.exception("import %s failed", run.pk)
    return run


def _ahead(chunks: Iterator[Chunk]) -> Generator[Chunk]:
    """Prepare the next chunk while the database stores the one before."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        later = pool.submit(next, chunks, None)
        while chunk := later.result():
            later = pool.submit(next, chunks, None)
            yield chunk


def _chunks(reader: Reader, run: ImportRun, license: str, known: Mapping[str, Names]) -> Iterator[Chunk]:
    defaults = {**({"license": license} if license else {}), **run.defaults}
    chunk = Chunk()
    for row in islice(reader.rows(), run.rows_done, None):
        try:
            if row.problem:
                raise Rejected(row.problem)
            story = story_from(row.values, mapping=run.mapping, defaults=defaults, row=row.number)
            keep_known_tags(story, known, values=row.values, mapping=run.mapping)
            story.prints = fingerprint(story.text)
            chunk.stories.append(story)
            chunk.chars += len(story.text)
        except Rejected as reason:
            chunk.issues.append(_issue(run, row, str(reason)))
        chunk.rows += 1
        if chunk.rows >= CHUNK_ROWS or chunk.chars >= CHUNK_CHARS:
            chunk.position = reader.position()
            yield chunk
            chunk = Chunk()
    if chunk.rows:
        chunk.position = run.file_size
        yield chunk


def _issue(run: ImportRun, row: Row, reason: str) -> ImportIssue:
    text = row.values.get(run.mapping["text"]) or next(iter(row.values.values()), "")
    shown = " ".join(text[:400].split())[:200] if isinstance(text, str) else ""
    clean = "".join(char if char != "\0" and not "\ud800" <= char <= "\udfff" else "\ufffd" for char in shown)
    return ImportIssue(run=run, row=row.number, reason=reason.replace("\0", "\ufffd")[:300], excerpt=clean)


def _store(run: ImportRun, chunk: Chunk) -> None:
    with transaction.atomic():
        stored = store(stories=chunk.stories, source_id=run.source_id, run_id=run.pk)
        ImportIssue.objects.bulk_create(chunk.issues)
        mine = ImportRun.objects.filter(pk=run.pk, token=run.token, state=ImportState.RUNNING)
        if not mine.update(
            rows_done=F("rows_done") + chunk.rows,
            created=F("created") + len(stored.new),
            duplicates=F("duplicates") + len(chunk.stories) - len(stored.new),
            rejected=F("rejected") + len(chunk.issues),
            bytes_done=chunk.position,
            lease_until=Now() + LEASE,
        ):
            raise Conflict(_("Another worker carries out this import."))
        jobs.nudge("stories.check")
    run.rows_done += chunk.rows
    run.created += len(stored.new)
    run.duplicates += len(chunk.stories) - len(stored.new)
    run.rejected += len(chunk.issues)
    run.bytes_done = chunk.position


def _end(run: ImportRun, state: ImportState, error: str = "") -> None:
    with transaction.atomic():
        changes: dict[str, object] = {"state": state, "error": error, "lease_until": None}
        if state == ImportState.DONE:
            changes["bytes_done"] = run.file_size
        if state != ImportState.PENDING:
            changes["finished_at"] = Now()
        if not ImportRun.objects.filter(pk=run.pk, token=run.token, state=ImportState.RUNNING).update(**changes):
            raise Conflict(_("Another worker carries out this import."))
        if state == ImportState.PENDING:
            jobs.nudge("stories.import")
        else:
            counts = {"created": run.created, "duplicates": run.duplicates, "rejected": run.rejected}
            record(actor=run.created_by or SYSTEM, verb=f"import.{state}", target=run, **counts)
    run.refresh_from_db()
