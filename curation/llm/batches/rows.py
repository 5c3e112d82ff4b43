"""The rows of batches: which are due, and their moves."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.core.errors import NotFound
from curation.llm.ledger import lock_budgets_of
from curation.llm.models import Batch, BatchState, Spend, SpendState

# A batch that is being sent for longer than this has lost its sender.
SENDING = timedelta(minutes=15)
LOOKED_AT_EVERY = timedelta(seconds=60)
# One that nobody can find is given up after this: a provider answers within a day, or lets go.
LOST_FOR = timedelta(hours=25)
# Providers keep results for 29 days or 30.
FORGOTTEN = timedelta(days=29)
TO_ASK_FOR = [BatchState.SENT, BatchState.ENDED, BatchState.LOST]


def take_due_batches() -> list[Batch]:
    """Return batches to `look` at or to `collect`, which nobody else is given for a minute.

    Those whose sender has gone count as lost from now on. One that its provider has forgotten by now is given up.
    """
    for row in Batch.objects.filter(state=BatchState.SENDING, created_at__lt=Now() - SENDING):
        with transaction.atomic():
            _count_as_unknown(row.pk)
            move(row.pk, BatchState.LOST, error="lost")
    for row in Batch.objects.filter(state__in=TO_ASK_FOR, created_at__lt=Now() - FORGOTTEN):
        with transaction.atomic():
            _count_as_unknown(row.pk)
            move(row.pk, BatchState.LOST, error="forgotten")
            move(row.pk, BatchState.REFUSED)
    due = Batch.objects.filter(state__in=TO_ASK_FOR, next_at__lte=Now())
    with transaction.atomic():
        taken = list(due.order_by("next_at").select_for_update(skip_locked=True))
        Batch.objects.filter(pk__in=[row.pk for row in taken]).update(next_at=Now() + LOOKED_AT_EVERY)
    return taken


def are_batches_due() -> bool:
    """Whether `take_due_batches` would find any."""
    return Batch.objects.filter(state__in=[*TO_ASK_FOR, BatchState.SENDING], next_at__lte=Now()).exists()


def load(batch_id: int) -> Batch:
    row = Batch.objects.filter(pk=batch_id).first()
    if row is None:
        raise NotFound(_("There is no such batch."))
    return row


def spends_of(batch_id: int) -> dict[str, int]:
    return dict(Spend.objects.filter(batch=batch_id).values_list("key", "pk"))


def move(batch_id: int, state: BatchState, **fields: Any) -> None:
    if state == BatchState.ENDED:
        fields["ended_at"] = Now()
    with transaction.atomic():
        # The same again, by two workers who asked at once, is no move.
        Batch.objects.filter(pk=batch_id).exclude(state=state).update(state=state, next_at=Now(), **fields)


def wait(batch_id: int, _state: BatchState, **fields: Any) -> None:
    later = {"next_at": Now() + LOOKED_AT_EVERY, **fields}
    Batch.objects.filter(pk=batch_id, state=BatchState.SENT).update(**later)


def still_lost(batch_id: int, *, is_nowhere: bool) -> BatchState:
    """Give up a batch that its provider does not have (`is_nowhere`), or that nobody could find for a day."""
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch_id)
        # What was sent a moment ago may not be listed yet.
        if row.created_at > timezone.now() - (SENDING if is_nowhere else LOST_FOR):
            return BatchState(row.state)
        if is_nowhere:
            spends = Spend.objects.filter(batch=batch_id, state=SpendState.UNKNOWN)
            lock_budgets_of(spends.values_list("pk", flat=True))
            spends.update(state=SpendState.RELEASED, settled_at=Now())
        move(batch_id, BatchState.REFUSED, error="never arrived")
    return BatchState.REFUSED


def _count_as_unknown(batch_id: int) -> None:
    spends = Spend.objects.filter(batch=batch_id, state=SpendState.RESERVED)
    lock_budgets_of(spends.values_list("pk", flat=True))
    spends.update(state=SpendState.UNKNOWN, settled_at=Now(), error="lost")
