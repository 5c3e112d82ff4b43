"""Score jobs: create the missing ones, lease a slice, close it with its scores, put it off, try it again.

The database's clock is the only one, and a job is closed only by the newest lease on it (its `token`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models.functions import Now

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.jobs import nudge
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.permissions import check_can_retry
from curation.scoring.schema import ScoreDraft
from curation.stories.actions import advance
from curation.stories.stages import UNDECIDED, State

LEASE_SECONDS = 60
# A person has to look after so many answers that were errors, or so many workers that stopped in the middle.
MOST_ERRORS = 5
MOST_STOPS = 12
# A job that stopped this many workers is leased alone: a story that kills its worker takes no other down with it.
WARY = 3

MISSING = """
INSERT INTO scoring_scorejob (story_id, judge_version_id, state, attempts, token, last_error, created_at)
SELECT stage.story_id, version.id, 'pending', 0, 0, '', statement_timestamp()
FROM stories_stage stage CROSS JOIN scoring_judgeversion version
WHERE version.active AND stage.state = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM scoring_scorejob job
                  WHERE job.story_id = stage.story_id AND job.judge_version_id = version.id)
ORDER BY stage.story_id
ON CONFLICT DO NOTHING
"""
LEASE = """
UPDATE scoring_scorejob job
SET state = 'leased', token = token + 1, attempts = attempts + 1, slot = %(slot)s,
    lease_until = statement_timestamp() + make_interval(secs => %(seconds)s)
FROM (SELECT id FROM scoring_scorejob
      WHERE state = 'pending' AND next_at <= statement_timestamp() AND attempts BETWEEN %(least)s AND %(most)s
      ORDER BY next_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) due
WHERE job.id = due.id
RETURNING job.id, job.story_id, job.judge_version_id, job.token
"""
CLOSE = """
UPDATE scoring_scorejob job
SET state = 'done', done_at = statement_timestamp(), lease_until = NULL, slot = NULL, last_error = ''
FROM unnest(%s::bigint[], %s::bigint[]) AS mine(id, token)
WHERE job.id = mine.id AND job.token = mine.token AND job.state = 'leased'
"""
PUT_OFF = """
UPDATE scoring_scorejob
SET state = CASE WHEN attempts >= %(most)s THEN 'failed' ELSE 'pending' END,
    next_at = statement_timestamp() + make_interval(secs => power(2, least(attempts, 8))),
    lease_until = NULL, slot = NULL, last_error = %(error)s
WHERE id = %(id)s AND token = %(token)s AND state = 'leased'
"""
FREE = """
UPDATE scoring_scorejob
SET state = CASE WHEN attempts >= %(most)s THEN 'failed' ELSE 'pending' END,
    next_at = statement_timestamp(), lease_until = NULL, slot = NULL,
    last_error = 'The worker stopped while scoring this story (' || attempts || ' times).'
WHERE state = 'leased' AND (slot = %(slot)s OR lease_until < statement_timestamp())
"""


@dataclass(frozen=True)
class Lease:
    """One job in hand: close it with this `token` or not at all."""

    job: int
    story: int
    version: int
    token: int


def create_jobs(*, everywhere: bool = False) -> int:
    """Create the jobs that undecided stories lack for the active versions; returns how many.

    The usual call looks at checked stories only, of which there are few, since scoring moves them on. `everywhere`
    looks at all undecided ones: for a new version, and to catch stories that went to review before they were scored.
    """
    states = UNDECIDED - {State.STORED} if everywhere else {State.CHECKED}
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [sorted(state.value for state in states)])
        return int(cursor.rowcount)


def lease(*, slot: int, limit: int) -> list[Lease]:
    """Lease up to `limit` due jobs for the holder of `slot`; once only wary ones are due, a single one of them."""
    with connection.cursor() as cursor:
        for least, most, size in ((0, WARY - 1, limit), (WARY, 32_000, 1)):
            cursor.execute(LEASE, {"slot": slot, "seconds": LEASE_SECONDS, "least": least, "most": most, "limit": size})
            if rows := cursor.fetchall():
                return sorted((Lease(*row) for row in rows), key=lambda lease: lease.job)
    return []


def finish(*, leases: Sequence[Lease], answers: Sequence[Sequence[ScoreDraft]], criteria: dict[str, int]) -> None:
    """Store the scores of one version, close its jobs and move checked stories on, all in one transaction.

    `criteria` maps key to id. A score that is already there stays, and one whose lease was lost meanwhile is kept too.
    """
    with transaction.atomic():
        Score.objects.bulk_create(
            (
                Score(
                    story_id=lease.story,
                    judge_version_id=lease.version,
                    criterion_id=criteria[draft.criterion],
                    value=draft.value,
                    spread=draft.spread,
                    rationale=draft.rationale,
                    quotes=list(draft.quotes),
                )
                for lease, drafts in zip(leases, answers, strict=True)
                for draft in drafts
            ),
            ignore_conflicts=True,
        )
        with connection.cursor() as cursor:
            cursor.execute(CLOSE, [[lease.job for lease in leases], [lease.token for lease in leases]])
        advance(stories=[lease.story for lease in leases], to=State.SCORED)


def put_off(*, lease: Lease, error: Exception) -> None:
    """Give a job back after an error: later, twice as late each time, and failed for good at `MOST_ERRORS`."""
    reason = f"{type(error).__name__}: {error}"[:300].replace("\0", "")
    with connection.cursor() as cursor:
        cursor.execute(PUT_OFF, {"most": MOST_ERRORS, "error": reason, "id": lease.job, "token": lease.token})


def free(*, slot: int) -> int:
    """Take back what the last holder of `slot` left behind, and every expired lease; returns how many jobs.

    Call it while holding the slot's lock: that the lock was free proves that its last holder is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(FREE, {"most": MOST_STOPS, "slot": slot})
        return int(cursor.rowcount)


def retry_failed(*, actor: Actor, version: JudgeVersion) -> int:
    """Let the failed jobs of `version` start over; returns how many. For curators and admins."""
    check_can_retry(actor=actor)
    with transaction.atomic():
        jobs = ScoreJob.objects.filter(judge_version=version, state=JobState.FAILED)
        count = jobs.update(state=JobState.PENDING, attempts=0, next_at=Now())
        if count:
            record(actor=actor, verb="scoring.retried", target=version, jobs=count)
            nudge("scoring.run")
    return count
