"""Prices that an admin set, budgets, and a row for what each call cost. Money is whole millionths of a dollar."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from curation.llm.models.batch import Batch
from curation.llm.models.provider import Provider


class PriceOverride(models.Model):
    """What a model of a provider costs, in dollars per million tokens, which are micro-dollars per token. Append-only.

    The newest row of a model counts. One without prices goes back to the table of published prices. `batch_percent` is
    what a call in a batch costs of that.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)
    model = models.CharField(max_length=120)
    input = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    cached_read = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    cached_write = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    output = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    batch_percent = models.PositiveSmallIntegerField(default=50)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(input=None, cached_read=None, cached_write=None, output=None)
                | Q(input__isnull=False, cached_read__isnull=False, cached_write__isnull=False, output__isnull=False),
                name="price_override_whole",
            ),
            models.CheckConstraint(
                condition=Q(input__gte=0, cached_read__gte=0, cached_write__gte=0, output__gte=0),
                name="price_override_not_negative",
            ),
            models.CheckConstraint(condition=Q(batch_percent__lte=100), name="price_override_batch_percent_in_range"),
        ]
        # Serves the newest price of a model.
        indexes = [models.Index(fields=["provider", "model", "-id"], name="price_override_newest")]

    def __str__(self) -> str:
        return f"{self.model}: {self.input}"


class Budget(models.Model):
    """What may be spent: in a run, or at a provider in a calendar month (UTC).

    The three counters are kept by the trigger of `llm_spend` and by nobody else: `reserved` for calls that are under
    way, `spent` for answers, `unknown` for calls of which nobody will learn the price. What is left is the limit less
    all three.
    """

    purpose = models.CharField(max_length=120, blank=True)
    provider = models.ForeignKey(
        Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    month = models.DateField(null=True, blank=True)
    limit_micro_usd = models.BigIntegerField()
    reserved_micro_usd = models.BigIntegerField(default=0, editable=False)
    spent_micro_usd = models.BigIntegerField(default=0, editable=False)
    unknown_micro_usd = models.BigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "month"], name="budget_month_once"),
            models.CheckConstraint(
                condition=Q(provider=None, month=None) | Q(provider__isnull=False, month__isnull=False),
                name="budget_of_a_run_or_a_month",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="budget_month_is_its_first_day"),
            models.CheckConstraint(condition=Q(limit_micro_usd__gte=0), name="budget_limit_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved_micro_usd__gte=0, spent_micro_usd__gte=0, unknown_micro_usd__gte=0),
                name="budget_counters_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose or f"{self.provider_id} {self.month:%Y-%m}"

    @property
    def gone_micro_usd(self) -> int:
        """What has been spent for sure or may have been."""
        return self.spent_micro_usd + self.unknown_micro_usd

    @property
    def left_micro_usd(self) -> int:
        """What the next call may cost at most; below zero once a limit was lowered under what is spent."""
        return self.limit_micro_usd - self.gone_micro_usd - self.reserved_micro_usd


class SpendState(models.TextChoices):
    RESERVED = "reserved", _("Under way")
    SETTLED = "settled", _("Paid")
    UNKNOWN = "unknown", _("Spent, unknown")
    RELEASED = "released", _("Not paid")


TRANSITIONS: dict[SpendState, frozenset[SpendState]] = {
    SpendState.RESERVED: frozenset({SpendState.SETTLED, SpendState.UNKNOWN, SpendState.RELEASED}),
    # An answer that the database could not take for a while, or a batch that was found again.
    SpendState.UNKNOWN: frozenset({SpendState.SETTLED, SpendState.RELEASED}),
    SpendState.SETTLED: frozenset(),
    SpendState.RELEASED: frozenset(),
}


class Spend(models.Model):
    """One call: what was kept back for it before it was sent, and what it came to.

    A row is never removed. It may still change while it is reserved or unknown, and then only its outcome. `key` is the
    caller's own for the call, `purpose` says what it was for, and `priced_by` where its prices came from.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)
    model = models.CharField(max_length=120)
    purpose = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=120, blank=True)
    budget = models.ForeignKey(
        Budget, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    month = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=SpendState, default=SpendState.RESERVED)
    reserved_micro_usd = models.BigIntegerField()
    micro_usd = models.BigIntegerField(null=True, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_read_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_write_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    priced_by = models.CharField(max_length=60, blank=True)
    # The stable code of the error that ended it.
    error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    # When nobody can be waiting for the answer any more.
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SpendState.values), name="spend_state_known"),
            models.CheckConstraint(
                condition=Q(reserved_micro_usd__gte=0, micro_usd__gte=0), name="spend_amounts_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="settled",
                    micro_usd__isnull=False,
                    input_tokens__isnull=False,
                    cached_read_tokens__isnull=False,
                    cached_write_tokens__isnull=False,
                    output_tokens__isnull=False,
                )
                | Q(~Q(state="settled"), micro_usd=None),
                name="spend_settled_says_how_much",
            ),
            models.CheckConstraint(
                condition=Q(state="reserved", settled_at=None) | Q(~Q(state="reserved"), settled_at__isnull=False),
                name="spend_has_ended_or_not",
            ),
        ]
        indexes = [
            # Serves the sweep for calls whose caller has gone.
            models.Index(fields=["expires_at"], condition=Q(state="reserved", batch=None), name="spend_under_way"),
            # Serves the models that a provider was asked for.
            models.Index(fields=["provider", "model"], name="spend_by_model"),
            # Serves what a month or a run came to, by model.
            models.Index(fields=["month", "model"], name="spend_by_month"),
            models.Index(fields=["budget", "-id"], condition=Q(budget__isnull=False), name="spend_by_budget"),
            # Serves the collecting of a batch.
            models.Index(fields=["batch", "key"], condition=Q(batch__isnull=False), name="spend_by_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.state}"
