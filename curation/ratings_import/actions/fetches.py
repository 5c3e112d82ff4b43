"""Having a dataset of an Argilla server be fetched, by a worker: asking for it, carrying it out, and ending it."""

import logging
import tempfile
from contextlib import suppress
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.argilla import faults
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaServer
from curation.audit.actions import record
from curation.core import jobs, leases
from curation.core.errors import Conflict, ExemplaError, InvalidInput
from curation.core.leases import Lease, LeaseLost, is_retryable
from curation.core.plain_text import storable
from curation.core.storage import StorageError
from curation.ratings_import.fetching import NO_PLACE, fetch, refuse_linked
from curation.ratings_import.models import DatasetFetch, DatasetFetchState
from curation.ratings_import.permissions import check_can_import_ratings
from curation.stories.files import keep_upload

log = logging.getLogger(__name__)
FETCH_TASK = "ratings_import.fetch"
UNDER_WAY = (DatasetFetchState.PENDING, DatasetFetchState.RUNNING)
# How often a waiting fetch looks whether it was cancelled, and the pause before one that was given back begins anew.
LOOK_SECONDS = 1.0
PAUSE, LONGEST_PAUSE = 30.0, 600.0


def start_fetch(*, actor: Actor, server: ArgillaServer, name: str) -> DatasetFetch:
    """Have the dataset called `name` of a server be fetched; return the fetch, also one that is under way already.

    Nothing is asked of the server here. Raises `InvalidInput` for what is no name, `Conflict` for a server that was
    removed and for a dataset in which a queue of ours is reviewed.
    """
    check_can_import_ratings(actor=actor)
    if not name or len(name) > 200 or not storable(name):
        raise InvalidInput(_("Say which dataset of the server it is."))
    if server.removed_at is not None:
        raise Conflict(_("This server has been removed."))
    refuse_linked(server, name)
    about = {"server": server, "name": name}
    while (found := DatasetFetch.objects.filter(**about, state__in=UNDER_WAY).first()) is None:
        with suppress(IntegrityError), transaction.atomic():
            found = DatasetFetch.objects.create(**about, created_by_id=actor.pk)
            record(actor=actor, verb="dataset_fetch.started", target=found, **_about(found))
            jobs.nudge(FETCH_TASK)
            break
    return found


def cancel_fetch(*, actor: Actor, fetching: DatasetFetch) -> None:
    """End a fetch. Nothing of it is kept. `Conflict` if it has ended already."""
    check_can_import_ratings(actor=actor)
    with transaction.atomic():
        row = DatasetFetch.objects.select_for_update(no_key=True, of=("self",)).get(pk=fetching.pk)
        changes: dict[str, Any] = {"state": DatasetFetchState.CANCELLED, "finished_at": Now(), "error": ""}
        if row.state == DatasetFetchState.RUNNING:
            # In its holder's name, who finds its lease gone before it goes on or stores anything.
            Lease(DatasetFetch, [row.pk], row.token).update(lease_until=None, **changes)
        elif row.state == DatasetFetchState.PENDING:
            DatasetFetch.objects.filter(pk=row.pk).update(**changes)
        else:
            raise Conflict(_("This fetch has ended already."))
        record(actor=actor, verb="dataset_fetch.cancelled", target=row, **_about(row))


def claim_fetch(pk: int | None = None) -> tuple[DatasetFetch, Lease] | None:
    """Take the fetch that has waited longest, or that of `pk`; None if none is due."""
    rows = DatasetFetch.objects.select_related("server", "created_by")
    return leases.claim_one(rows, among=None if pk is None else Q(pk=pk))


def fetch_due() -> int:
    """Carry out every fetch that is due, and return how many were taken up."""
    return leases.carry_out_each(claim_fetch, carry_out_fetch)


def carry_out_fetch(fetching: DatasetFetch, lease: Lease) -> None:
    """Carry out a claimed fetch, from its first record to its end. `LeaseLost` if it was cancelled, or is another's.

    What was read stands in a file without a name until it is whole, so nothing of a killed worker is left.
    """

    def progress(done: int, total: int) -> None:
        with lease.storing():
            lease.update(records_done=done, records_total=total, error="")

    def pause(seconds: float) -> None:
        until = monotonic() + seconds
        while (rest := until - monotonic()) > 0:
            if not lease.mine.exists():
                raise LeaseLost
            sleep(min(rest, LOOK_SECONDS))

    with lease:
        try:
            with tempfile.TemporaryFile() as file:
                n = fetch(fetching.server, fetching.name, file, progress=progress, pause=pause)
                kept = keep_upload(file)
            with lease.storing():
                lease.end(
                    DatasetFetchState.DONE,
                    file_sha256=kept.sha256,
                    file_size=kept.size,
                    records_done=n,
                    records_total=n,
                    error="",
                    finished_at=Now(),
                )
                record(actor=_who(fetching), verb="dataset_fetch.done", target=fetching, **_about(fetching), records=n)
        except LeaseLost:
            raise
        except Exception as error:
            _stop(fetching, lease, error)
        except BaseException:
            lease.give_back()
            raise


def _stop(fetching: DatasetFetch, lease: Lease, error: Exception) -> None:
    """Let the fetch wait if the error may pass, however often, until somebody cancels it; else fail. Says why."""
    trouble = error if isinstance(error, ArgillaTrouble) else ArgillaTrouble(_in_words(error), passes=_passes(error))
    pause = timedelta(seconds=min(max(trouble.after, PAUSE), LONGEST_PAUSE))
    # A database that is away cannot be told: the fetch is free again when its lease has run out.
    with suppress(DatabaseError), lease.storing():
        if trouble.passes:
            lease.end(DatasetFetchState.PENDING, error=trouble.words, attempts=0, next_at=Now() + pause)
        else:
            lease.end(DatasetFetchState.FAILED, error=trouble.words, finished_at=Now())
            record(actor=_who(fetching), verb="dataset_fetch.failed", target=fetching, **_about(fetching))


def _passes(error: Exception) -> bool:
    return is_retryable(error) or isinstance(error, DatabaseError)


def _in_words(error: Exception) -> str:
    if isinstance(error, StorageError | DatabaseError | OSError):
        return NO_PLACE
    if isinstance(error, ExemplaError):
        return error.message
    log.error("a fetch stopped", exc_info=error)
    return faults.STOPPED % {"error": type(error).__name__}


def _who(fetching: DatasetFetch) -> Actor:
    return fetching.created_by or SYSTEM


def _about(fetching: DatasetFetch) -> dict[str, str]:
    return {"host": fetching.server.host, "name": fetching.name}
