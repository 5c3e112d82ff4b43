"""Runs: paid scoring of chosen stories by one judge version, within a budget that somebody set."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.llm.models import Budget
from curation.scoring.models.judge import Judge, JudgeVersion
from curation.stories.models import ImportRun, Source


class RunState(models.TextChoices):
    ESTIMATED = "estimated", _("Estimated")
    STARTING = "starting", _("Being started")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    RunState.ESTIMATED: frozenset({RunState.STARTING, RunState.CANCELLED}),
    # Back to ESTIMATED: nothing of what was chosen is left to score.
    RunState.STARTING: frozenset({RunState.RUNNING, RunState.ESTIMATED, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.PAUSED, RunState.DONE, RunState.CANCELLED}),
    # To DONE: the answers that were on their way were the last.
    RunState.PAUSED: frozenset({RunState.RUNNING, RunState.DONE, RunState.CANCELLED}),
    # Back to RUNNING: what failed is tried again.
    RunState.DONE: frozenset({RunState.RUNNING}),
    RunState.CANCELLED: frozenset(),
}


class PausedBy(models.TextChoices):
    """Why a run is paused."""

    PERSON = "person", _("by a person")
    BUDGET = "budget", _("its budget does not allow the next answer")
    PROVIDER = "provider", _("the provider refused")


class ImportRule(models.Model):
    """Have every import from `source` (or from anywhere) scored by a judge, each for `limit_micro_usd` at most.

    `in_batches` has its runs wait for up to a day and cost less, where the provider takes batches. One that was ended
    stays, since runs name it.
    """

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    limit_micro_usd = models.BigIntegerField()
    in_batches = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judge", "source"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="import_rule_once",
            ),
            models.CheckConstraint(condition=Q(limit_micro_usd__gt=0), name="import_rule_limit_positive"),
        ]

    def __str__(self) -> str:
        return str(self.judge)


class ScoreRun(models.Model):
    """One run. It is estimated first, and asks a model only once somebody has started it with a budget.

    `chosen` says which stories were chosen, in the words of the room that chose them. `total` counts the answers that
    it is to get: stories times samples, without those that were bought before. Estimates are for all of the run;
    `sampled` stories were measured for it, and `measured` earlier answers of its model; with none of these, how long
    answers are is assumed. `answer_at_most_micro_usd` is the most that one answer can cost, which is kept back of the
    budget while it is on its way. While it is being started a worker makes its jobs, of the stories that fit and that
    `started_by` may know of. `paused_by` and `note` say why it is paused.

    One that is `in_batches` hands its questions to the provider together, for less money and an answer within a day:
    `batch_micro_usd` is the estimate for that, `batch_at_most_micro_usd` what the budget has to hold so that all go at
    once. Both are None where the provider takes no batches, or the price is not known.
    """

    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=12, choices=RunState, default=RunState.ESTIMATED)
    chosen = models.JSONField(default=dict)
    stories = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    sampled = models.PositiveIntegerField()
    measured = models.PositiveIntegerField(default=0)
    estimated_input_tokens = models.BigIntegerField()
    estimated_cached_tokens = models.BigIntegerField()
    estimated_output_tokens = models.BigIntegerField()
    # None where nobody has told what the model costs.
    estimated_micro_usd = models.BigIntegerField(null=True)
    answer_at_most_micro_usd = models.BigIntegerField(null=True, blank=True)
    batch_micro_usd = models.BigIntegerField(null=True, blank=True)
    batch_at_most_micro_usd = models.BigIntegerField(null=True, blank=True)
    in_batches = models.BooleanField(default=False)
    budget = models.OneToOneField(Budget, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paused_by = models.CharField(max_length=12, choices=PausedBy, blank=True)
    note = models.CharField(max_length=300, blank=True)
    rule = models.ForeignKey(ImportRule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    import_run = models.ForeignKey(ImportRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # None also for the application.
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="score_run_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["estimated", "cancelled"]) | Q(budget__isnull=False, started_at__isnull=False),
                name="score_run_has_budget",
            ),
            models.CheckConstraint(
                condition=Q(state="paused", paused_by__in=PausedBy.values) | (~Q(state="paused") & Q(paused_by="")),
                name="score_run_says_why_paused",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "cancelled"], ended_at__isnull=False)
                | (~Q(state__in=["done", "cancelled"]) & Q(ended_at__isnull=True)),
                name="score_run_ended_when_over",
            ),
            models.CheckConstraint(
                condition=Q(rule__isnull=True) | Q(import_run__isnull=False), name="score_run_of_rule_has_import"
            ),
            models.CheckConstraint(
                condition=Q(in_batches=False) | Q(batch_micro_usd__isnull=False), name="score_run_batches_have_price"
            ),
            # An import is scored once by a rule, however often the worker looks.
            models.UniqueConstraint(
                fields=["rule", "import_run"], condition=Q(rule__isnull=False), name="score_run_once_by_rule"
            ),
        ]
        indexes = [
            # Serves the pump, which looks for runs that are running.
            models.Index(fields=["id"], condition=Q(state="running"), name="score_run_running"),
            # Serves the worker, which looks for runs that are to be started.
            models.Index(fields=["id"], condition=Q(state="starting"), name="score_run_starting"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.judge_version} #{self.pk}"
