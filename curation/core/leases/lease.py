"""Taking work, keeping it, storing what it came to, and giving it back."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection, models, transaction
from django.db.models import Case, CharField, F, Func, Q, Value, When
from django.db.models.functions import Cast, Concat, Least, Now, Power, Random
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from curation.core.errors import Conflict
from curation.core.leases import renewal
from curation.core.leases.model import LEASE, Leased
from curation.core.leases.retrying import is_retryable

LONGEST_WAIT = 8  # as a power of two, in seconds
NEXT = "SELECT nextval('core_lease_token')"


class LeaseLost(Conflict):
    """Somebody else has this work by now: nothing of it is stored."""

    code = "lease_lost"

    def __init__(self, message: StrOrPromise = "", **known: Any) -> None:
        super().__init__(message or _("Another worker has taken this over."), **known)


class Lease:
    """Rows of `model` that this process holds: `ids`, all taken together under one `token`.

    As a context manager it is renewed for as long as the block runs, whatever the block is doing, and no longer than
    this process lives. Where a block ends without having ended the lease, the rows are free again once it runs out.
    """

    def __init__(
        self, model: type[models.Model], ids: Collection[int], token: int, *, lasts: timedelta = LEASE
    ) -> None:
        self.model, self.ids, self.token, self.lasts = model, sorted(ids), token, lasts

    def __enter__(self) -> Self:
        renewal.keep(self.token, self.model, self.ids, seconds=self.lasts.total_seconds())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        renewal.drop(self.token)

    @property
    def mine(self) -> models.QuerySet[Any]:
        """Those of the rows that this lease still holds."""
        rows = self.model._default_manager.filter(pk__any_of=self.ids, token=self.token, lease_until__isnull=False)
        return rows.order_by()

    def note(self, **figures: int) -> None:
        """Let a page see how far the work is, without waiting and outside of any transaction."""
        renewal.note(self.token, figures)

    def only(self, ids: Collection[int]) -> "Lease":
        """Return the lease of these of its rows alone."""
        return Lease(self.model, ids, self.token, lasts=self.lasts)

    @contextmanager
    def storing(self, *, long: bool = False) -> Iterator[list[int]]:
        """A transaction in which the held rows may be changed; yields the ids of those that are still held.

        `LeaseLost` if none is. The rows are locked against being taken over until it ends. A `long` one locks them only
        at its end, so that they can be renewed meanwhile, and stores nothing if one of them is somebody else's by then;
        it ends no lease.
        """
        with transaction.atomic():
            held = self.mine if long else self.mine.select_for_update(no_key=True)
            ids = list(held.values_list("pk", flat=True))
            if not ids:
                raise LeaseLost
            yield ids
            if long and self.update(lease_until=Now() + self.lasts) < len(ids):
                raise LeaseLost

    def update(self, **changes: Any) -> int:
        """Change the rows that are still held, and only those; returns how many. The database checks the token."""
        return self.mine.update(by_token=self.token, **changes)

    def end(self, state: Any, **changes: Any) -> int:
        """Give the rows up as `state`, with other changes; returns how many. Call it in `storing()`."""
        return self.update(state=state, lease_until=None, **changes)

    def put_off(self, error: BaseException, *, reason: str, unknown: bool = False) -> str:
        """Give the rows back after `error`, and return the state that they have now.

        They wait, twice as long each time and never for the same time as others, if the error may pass; else, and at
        the last of the attempts, they have failed with `reason`. `unknown` is as in `is_retryable`.
        """
        assert issubclass(self.model, Leased)  # noqa: S101 - tells mypy what holds here  # nosec
        terms, again = self.model.terms, is_retryable(error, unknown=unknown)
        last = Q(attempts__gte=terms.most_errors) if again else Q(pk__isnull=False)
        waits = Power(2.0, Least("attempts", LONGEST_WAIT)) * (0.75 + 0.5 * Random())
        with self.storing() as ids:
            self.end(
                Case(When(last, then=Value(terms.failed)), default=Value(terms.waiting)),
                next_at=Now() + Func(waits, function="make_interval", template="%(function)s(secs => %(expressions)s)"),
                **{terms.reason: reason},
            )
            (state,) = self.model._default_manager.filter(pk__in=ids).values_list("state", flat=True)[:1]
        return str(state)

    def put_back(self, *, after: float = 0.0) -> None:
        """Let the rows be taken again after so many seconds, as if they had not been; `LeaseLost` if none is held."""
        assert issubclass(self.model, Leased)  # noqa: S101 - tells mypy what holds here  # nosec
        with self.storing():
            self.end(self.model.terms.waiting, attempts=F("attempts") - 1, next_at=Now() + timedelta(seconds=after))

    def give_back(self) -> None:
        """Let the rows be taken by somebody else at once, as if they had not been taken. One that is lost is passed."""
        with suppress(LeaseLost, DatabaseError):
            self.put_back()


def next_token() -> int:
    """Return a token that is larger than any before."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        return int(cursor.fetchone()[0])


def take(
    model: type[Leased], *, limit: int = 1, among: Q | None = None, changes: Mapping[str, Any] | None = None
) -> Lease | None:
    """Take up to `limit` rows that are due, those that have waited longest first; None if none is.

    `among` narrows the choice, `changes` are stored with the lease. What has run out is due again after `reclaim()`.
    """
    terms = model.terms
    due = model._default_manager.filter(among or Q(), state=terms.waiting, next_at__lte=Now())
    with transaction.atomic():
        chosen = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("next_at", "pk")
        ids = list(chosen.values_list("pk", flat=True)[:limit])
        if not ids:
            return None
        lease = Lease(model, ids, next_token())
        model._default_manager.filter(pk__any_of=ids).update(
            state=terms.held,
            token=lease.token,
            attempts=F("attempts") + 1,
            lease_until=Now() + LEASE,
            **(changes or {}),
        )
    return lease


def reclaim(model: type[Leased], *, gone: Q | None = None) -> int:
    """Make due again what was held by workers that are gone; returns how many rows.

    Those are the ones whose lease ran out, and the rows for which `gone` is known to hold. At the last of the attempts
    they have failed.
    """
    terms = model.terms
    given_up = model._default_manager.filter(state=terms.held, lease_until__lt=Now())
    count = 0
    if gone is not None:
        # Nobody else may touch a row that is held: what has proved its holder gone stands in for it.
        known = model._default_manager.filter(gone, state=terms.held)
        for token in sorted(set(known.values_list("token", flat=True))):
            lease = Lease(model, list(known.filter(token=token).values_list("pk", flat=True)), token)
            try:
                with lease.storing():
                    count += lease.update(**_back(model))
            except LeaseLost:
                continue
    with transaction.atomic():
        ids = list(given_up.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        return count + (model._default_manager.filter(pk__in=ids).update(**_back(model)) if ids else 0)


def _back(model: type[Leased]) -> dict[str, Any]:
    terms = model.terms
    before, after = terms.stopped.split("%(n)s")
    times = Cast("attempts", CharField())
    return {
        "state": Case(When(attempts__gte=terms.most_stops, then=Value(terms.failed)), default=Value(terms.waiting)),
        "next_at": Now(),
        "lease_until": None,
        terms.reason: Concat(Value(before), times, Value(after)),
    }
