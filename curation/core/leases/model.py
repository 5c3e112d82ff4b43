"""The columns of a row that is work, and how a table names the states of its work."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from curation.core.leases.words import STOPPED

# How long work that is not heard of counts as somebody's.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Terms:
    """The states of one table's work, and when it is given up.

    `reason` is the column that says what went wrong. Work fails for good when `most_stops` workers in a row stopped in
    the middle of it, or when its `most_errors`-th attempt meets an error that may pass.
    """

    waiting: str
    held: str
    failed: str
    reason: str = "error"
    most_errors: int = 5
    most_stops: int = 5
    stopped: str = STOPPED


class Leased(models.Model):
    """Work that is leased. A row is held exactly while `lease_until` is set, by whoever has its newest `token`.

    `attempts` counts the times it was taken since it last got on; it is not taken before `next_at`.
    """

    terms: ClassVar[Terms]

    state = models.CharField(max_length=8)
    token = models.BigIntegerField(default=0)
    # What a holder changes its rows with; a trigger compares it to the token, and never stores it.
    by_token = models.BigIntegerField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def held_has_lease(held: str, name: str) -> models.CheckConstraint:
    """Return the constraint that a row has a lease exactly while its state is `held`."""
    return models.CheckConstraint(
        condition=Q(state=held, lease_until__isnull=False) | (~Q(state=held) & Q(lease_until__isnull=True)), name=name
    )
