"""Scoring work as rows: the outbox that workers lease from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.core.stored_messages import gettext_noop
from curation.llm.models import Batch
from curation.scoring.models.judge import JudgeVersion
from curation.scoring.models.run import ScoreRun
from curation.stories.models import Story


class JobState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    LEASED = "leased", _("Being scored")
    SENT = "sent", _("At the provider")
    DONE = "done", _("Scored")
    FAILED = "failed", _("Failed")


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.PENDING: frozenset({JobState.LEASED}),
    JobState.LEASED: frozenset({JobState.PENDING, JobState.SENT, JobState.DONE, JobState.FAILED}),
    JobState.SENT: frozenset({JobState.PENDING, JobState.DONE, JobState.FAILED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.PENDING}),
}


class ScoreJob(Leased):
    """Score one story with one judge version.

    What costs money belongs to a `run`, and is leased only while that is running; a trigger sees to it. `sample` counts
    the draws that a version asks for. One that was `sent` waits for the answers of its `batch` and is held by nobody:
    whoever looks at the batch stores them. The embedded scorer's jobs have no run: `slot` is the worker slot (an
    advisory lock) under which one is leased, and whoever gets the slot next knows that its last holder is gone.
    """

    terms = Terms(
        waiting=JobState.PENDING,
        held=JobState.LEASED,
        failed=JobState.FAILED,
        reason="last_error",
        most_errors=5,
        most_stops=12,
        stopped=gettext_noop("The worker stopped while scoring this story (%(n)s times)."),
    )

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+", db_index=False)
    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    run = models.ForeignKey(
        ScoreRun, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs", db_index=False
    )
    sample = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=JobState, default=JobState.PENDING)
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["story", "judge_version", "sample"], name="score_job_once"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="score_job_state_known"),
            held_has_lease(JobState.LEASED, "score_job_held_while_leased"),
            models.CheckConstraint(
                condition=Q(state=JobState.SENT, batch__isnull=False) | (~Q(state=JobState.SENT) & Q(batch=None)),
                name="score_job_sent_in_batch",
            ),
        ]
        indexes = [
            # Serves the worker's lease of due jobs that cost nothing, however many wait in runs.
            models.Index(fields=["next_at", "id"], condition=Q(state="pending", run=None), name="score_job_due"),
            # Serves the lease of due jobs of a run.
            models.Index(
                fields=["run", "next_at", "id"],
                condition=Q(state="pending", run__isnull=False),
                name="score_job_run_due",
            ),
            # Serves the figures of a run: how far it is, and how many were done of late.
            models.Index(
                fields=["run", "state", "done_at"], condition=Q(run__isnull=False), name="score_job_run_state"
            ),
            # Serves the sweep of expired leases.
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="score_job_leased"),
            # Serves the storing of a batch's answers.
            models.Index(fields=["batch"], condition=Q(state="sent"), name="score_job_sent"),
            # Serves the list of the latest failures.
            models.Index(fields=["judge_version", "-id"], condition=Q(state="failed"), name="score_job_failed"),
            # Serves the progress figures.
            models.Index(fields=["judge_version", "state"], name="score_job_progress"),
        ]

    def __str__(self) -> str:
        return f"score {self.story_id} by {self.judge_version_id}: {self.state}"
