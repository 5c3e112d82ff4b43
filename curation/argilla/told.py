"""Reading the records that Argilla has told of, rather than all of a dataset."""

from collections.abc import Callable, Sequence

from django.db.models.functions import Now

from curation.argilla.client import Argilla, Json
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaRecord, Link
from curation.core.leases import Lease

# A record that is asked for by itself takes about as long as so many in a page; a few are always.
IN_A_PAGE, A_FEW = 10, 20


def anything_told(link: Link) -> bool:
    """Whether Argilla has told of an answer that has not been read."""
    return ArgillaRecord.objects.filter(link=link, told_at__isnull=False).exists()


def read_told(
    link: Link, lease: Lease, argilla: Argilla, read: Callable[[Link, Lease, Sequence[Json]], int]
) -> int | None:
    """Have `read` keep what is new in the records that were told of; return how many answers that is.

    None where nothing was told, or of so many records that reading all takes less. One of which another answer is
    told meanwhile stays told of.
    """
    rows = ArgillaRecord.objects.filter(link=link)
    told = rows.filter(told_at__isnull=False).order_by("told_at", "pk")
    count = told.count()
    if not count or (count > A_FEW and count * IN_A_PAGE > rows.count()):
        return None
    found = 0
    for row in told:
        found += read_one(link, lease, argilla, row, read)
        with lease.storing():
            rows.filter(pk=row.pk, told_at=row.told_at).update(told_at=None)
    return found


def read_one(
    link: Link,
    lease: Lease,
    argilla: Argilla,
    row: ArgillaRecord,
    read: Callable[[Link, Lease, Sequence[Json]], int],
) -> int:
    """Have `read` keep what is new in one record; note one that is gone. Its answers stay."""
    try:
        record = argilla.record(row.record)
    except ArgillaTrouble as error:
        if error.status != 404:
            raise
        with lease.storing():
            ArgillaRecord.objects.filter(pk=row.pk).update(gone_at=Now())
        return 0
    return read(link, lease, [record])
