"""Claiming one row at a time, and carrying out all that is due: the same for every kind of work."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from curation.core.errors import ExemplaError
from curation.core.leases.lease import Lease, LeaseLost, reclaim, take
from curation.core.leases.model import Leased

log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Leased)


def claim_one(rows: QuerySet[Row], *, among: Q | None = None) -> tuple[Row, Lease] | None:
    """Take the row that has waited longest, and return it as `rows` loads it; None if none is due."""
    reclaim(rows.model)
    lease = take(rows.model, among=among)
    return None if lease is None else (rows.get(pk=lease.ids[0]), lease)


def carry_out_each(claim: Callable[[], tuple[Row, Lease] | None], carry_out: Callable[[Row, Lease], Any]) -> int:
    """Claim and carry out until nothing is due, and return how many were taken up.

    Passed over, with a line in the log: what another worker has taken over meanwhile, and what cannot be done, which
    `carry_out` has kept at its row before it raised.
    """
    taken_up = 0
    while (claimed := claim()) is not None:
        row, lease = claimed
        taken_up += 1
        try:
            carry_out(row, lease)
        except LeaseLost:
            log.warning("%s %s was taken over by another worker", row._meta.verbose_name, row.pk)
        except ExemplaError as error:
            log.warning("%s %s is not done: %s", row._meta.verbose_name, row.pk, error.message)
    return taken_up
