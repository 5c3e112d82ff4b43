"""Budgets, and the calls whose callers have gone."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.llm.ledger import lock_budgets_of
from curation.llm.models import Budget, Spend, SpendState
from curation.llm.permissions import check_can_open_budgets

# What a limit can be at most, in micro-dollars: ten million dollars.
MOST = 10_000_000_000_000
AT_ONCE = 1_000


def open_budget(*, actor: Actor, limit_micro_usd: int, purpose: str) -> Budget:
    """Make a budget of so many micro-dollars. Raises `InvalidInput` for one below nothing or beyond reason."""
    check_can_open_budgets(actor=actor)
    check_limit(limit_micro_usd)
    with transaction.atomic():
        budget = Budget.objects.create(limit_micro_usd=limit_micro_usd, purpose=purpose[:120], created_by_id=actor.pk)
        record(actor=actor, verb="budget.opened", target=budget, limit=limit_micro_usd, purpose=budget.purpose)
    return budget


def change_budget(*, actor: Actor, budget: Budget, limit_micro_usd: int) -> None:
    """Give a run's budget another limit. Calls under way go on; one below what is spent only stops further calls."""
    check_can_open_budgets(actor=actor)
    check_limit(limit_micro_usd)
    with transaction.atomic():
        row = Budget.objects.select_for_update().get(pk=budget.pk)
        if row.month is not None:
            raise InvalidInput(_("The limit of a month is set on the page of its provider."))
        if row.limit_micro_usd == limit_micro_usd:
            return
        was, row.limit_micro_usd = row.limit_micro_usd, limit_micro_usd
        row.save(update_fields=["limit_micro_usd"])
        record(actor=actor, verb="budget.changed", target=row, was=was, limit=limit_micro_usd)


def settle_lost() -> int:
    """Count as spent, unknown what calls kept back whose time is long over, and return how many there were.

    Their callers were killed, or cut off. What they paid nobody can learn, so the most it can be stays counted.
    """
    lost = Spend.objects.filter(state=SpendState.RESERVED, batch=None, expires_at__lt=Now())
    with transaction.atomic():
        ids = list(lost.order_by("expires_at").values_list("pk", flat=True)[:AT_ONCE])
        lock_budgets_of(ids)
        # Again as it is now: one may have been settled while we waited for the lock.
        return lost.filter(pk__in=ids).update(state=SpendState.UNKNOWN, settled_at=Now(), error="lost")


def check_limit(limit_micro_usd: int) -> None:
    """Raise `InvalidInput` for a limit that is none."""
    if not 0 <= limit_micro_usd <= MOST:
        raise InvalidInput(_("A limit is nothing or more, and at most ten million dollars."))
