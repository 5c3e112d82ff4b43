"""Removing files that no row names: uploads that nobody went on to import, files of releases whose build failed."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import islice

from django.utils import timezone

from curation.core.locks import FILES_SWEPT, shared_lock, try_lock
from curation.core.storage.interface import Storage

ABANDONED_AFTER = timedelta(hours=48)
BATCH = 500


def naming_files() -> AbstractContextManager[None]:
    """Keep files from being swept between their being stored and their row being committed."""
    return shared_lock(FILES_SWEPT, 0)


def discard_orphans(storage: Storage, folder: str, named: Callable[[list[str]], Iterable[str]]) -> int:
    """Remove the files in `folder` that were put two days ago or earlier and that no row names; return how many.

    `named` takes SHA-256s and returns those that a row names. What is stored anew counts as put then, so nothing that a
    running upload or build relies on is old; and while one names its files the sweep is left for another time.
    """
    removed, before = 0, timezone.now() - ABANDONED_AFTER
    with try_lock(FILES_SWEPT, 0) as mine:
        if not mine:
            return 0
        storage.discard_unfinished(folder, before)
        old = (entry for entry in storage.entries(folder) if entry.modified < before)
        while batch := list(islice(old, BATCH)):
            kept = set(named([entry.sha256 for entry in batch]))
            for entry in batch:
                if entry.sha256 not in kept:
                    storage.remove(entry.key)
                    removed += 1
    return removed
