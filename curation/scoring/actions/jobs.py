"""Score jobs: lease a slice, close it with its scores, put it off, try it again."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core import leases
from curation.core.jobs import nudge
from curation.core.leases import Lease, LeaseLost
from curation.scoring.actions.announcing import tell_of_slice
from curation.scoring.actions.scores import NewScore, insert_scores
from curation.scoring.actions.stages import move_on
from curation.scoring.models import JudgeVersion, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.permissions import check_can_retry
from curation.scoring.schema import ScoreDraft

# A job that stopped this many workers is leased alone: a story that kills its worker takes no other down with it.
WARY = 3


@dataclass(frozen=True)
class Job:
    """One job in hand."""

    id: int
    story: int
    version: int


def take_jobs(*, slot: int, limit: int) -> Lease | None:
    """Take up to `limit` due jobs for the holder of `slot`; once only wary ones are due, a single one of them.

    Those of runs are not among them.
    """
    for tried, size in ((Q(attempts__lt=WARY), limit), (Q(attempts__gte=WARY), 1)):
        if lease := leases.take(ScoreJob, limit=size, among=tried & Q(run=None), changes={"slot": slot}):
            return lease
    return None


def jobs_of(lease: Lease) -> list[Job]:
    """Return the jobs that a lease holds."""
    return [Job(*row) for row in lease.mine.order_by("pk").values_list("pk", "story_id", "judge_version_id")]


def finish(
    *, lease: Lease, jobs: Sequence[Job], answers: Sequence[Sequence[ScoreDraft]], criteria: Mapping[str, int]
) -> None:
    """Store the scores of one version, close its jobs and move stories on, all in one transaction.

    `criteria` maps key to id. Of a job that is somebody else's by now nothing is stored, and `LeaseLost` says that none
    was left. A score that is already there stays.
    """
    with lease.storing() as held:
        mine = [(job, drafts) for job, drafts in zip(jobs, answers, strict=True) if job.id in held]
        scores: list[NewScore] = [
            {
                "story": job.story,
                "version": job.version,
                "criterion": criteria[draft.criterion],
                "sample": 0,
                "value": draft.value,
                "deviation": draft.standard_deviation,
                "rationale": draft.rationale,
                "quotes": draft.quotes,
            }
            for job, drafts in mine
            for draft in drafts
        ]
        insert_scores(scores)
        done = lease.only([job.id for job, _drafts in mine])
        done.end(JobState.DONE, done_at=Now(), slot=None, last_error="")
        move_on(stories=[job.story for job, _drafts in mine])
        tell_of_slice(version=jobs[0].version, stories=[job.story for job, _drafts in mine])


def put_off(*, lease: Lease, job: Job, error: Exception) -> None:
    """Give a job back after an error: later, or failed for good if trying again cannot help."""
    reason = f"{type(error).__name__}: {error}"[:300].replace("\0", "")
    # A judge says in many ways that it cannot answer now.
    with suppress(LeaseLost):
        lease.only([job.id]).put_off(error, reason=reason, unknown=True)


def free(*, slot: int) -> int:
    """Take back what the last holder of `slot` left behind, and every expired lease; returns how many jobs.

    Call it while holding the slot's lock: that the lock was free proves that its last holder is gone.
    """
    return leases.reclaim(ScoreJob, gone=Q(slot=slot))


def retry_failed(*, actor: Actor, version: JudgeVersion) -> int:
    """Let the failed jobs of `version` start over; returns how many. For curators and admins."""
    check_can_retry(actor=actor)
    with transaction.atomic():
        jobs = ScoreJob.objects.filter(judge_version=version, run=None, state=JobState.FAILED)
        count = jobs.update(state=JobState.PENDING, attempts=0, next_at=Now())
        if count:
            record(actor=actor, verb="scoring.retried", target=version, jobs=count)
            nudge("scoring.run")
    return count
