"""Creating the score jobs that stories lack: at once where a story has no scores yet, spread out where it has some.

Only for the embedded scorer. What costs money is scored in runs, and ensembles combine what is there.
"""

from django.db import connection
from django.db.models.functions import Now

from curation.scoring.models import ScoreJob
from curation.scoring.models.job import JobState
from curation.stories.stages import UNDECIDED, State

# A version that was fitted anew has every undecided story to score again, which nobody waits for. So many of them are
# due in a second, so that those who read meanwhile do not notice: a fifth of what one processor core could do.
SCORED_AGAIN_A_SECOND = 200
# The sweep looks everywhere once a minute; what changed since then is looked at each time.
RECENT_SECONDS = 60
# Of stories that are scored again, those that may still enter a queue go first: their scores order it. What is added to
# the version leaves the database no index but that by stories: while it does not know yet that a table has grown, it
# would look through all jobs of the version for each story. OFFSET keeps the question one of each story: as a join, all
# jobs might be gone through for each.
MISSING = """
WITH found AS MATERIALIZED ({found}), missing AS (
  SELECT found.story_id, version.id AS version_id,
    found.state IN ('checked', 'scored') AS may_be_queued,
    EXISTS (SELECT FROM scoring_scorejob job
            WHERE job.story_id = found.story_id AND job.state = 'done' AND job.run_id IS NULL) AS again
  FROM found CROSS JOIN scoring_judgeversion version JOIN scoring_judge judge ON judge.id = version.judge_id
  WHERE version.active AND judge.kind = 'embedded'
    AND NOT EXISTS (SELECT FROM scoring_scorejob job
                    WHERE job.story_id = found.story_id AND job.judge_version_id + 0 = version.id OFFSET 0)
)
INSERT INTO scoring_scorejob (story_id, judge_version_id, sample, state, attempts, token, last_error, created_at,
  next_at)
SELECT story_id, version_id, 0, 'pending', 0, 0, '', statement_timestamp(), statement_timestamp() + make_interval(
  secs => CASE WHEN again THEN (row_number() OVER later - 1) / %(a_second)s ELSE 0 END)
FROM missing WINDOW later AS (PARTITION BY again ORDER BY may_be_queued DESC, story_id)
ORDER BY story_id
ON CONFLICT DO NOTHING
"""
EVERYWHERE = "SELECT story_id, state FROM stories_stage WHERE state = ANY(%(states)s)"
# Few stories are checked and no more, since scoring moves them on. One that entered a queue first has changed of late.
LATELY = """
SELECT story_id, state FROM stories_stage WHERE state = 'checked'
UNION ALL
SELECT story_id, state FROM stories_stage
WHERE changed_at > statement_timestamp() - make_interval(secs => %(recent)s)
  AND state <> 'checked' AND state = ANY(%(states)s)
"""


def make_due() -> int:
    """Let every job that costs nothing, waits for its turn and has met no error be due at once; returns how many."""
    waiting = ScoreJob.objects.filter(run=None, state=JobState.PENDING, attempts=0, next_at__gt=Now())
    return waiting.update(next_at=Now())


def create_jobs(*, everywhere: bool = False) -> int:
    """Create the jobs that undecided stories lack for the active versions of the embedded scorer; returns how many.

    The usual call looks at stories that are only checked, and at those that changed of late. `everywhere` looks at all:
    for a new version, and to catch what was missed. A story that has scores by another version is due later, a few of
    them each second.
    """
    states = sorted(state.value for state in UNDECIDED - {State.STORED})
    statement = MISSING.format(found=EVERYWHERE if everywhere else LATELY)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"states": states, "a_second": SCORED_AGAIN_A_SECOND, "recent": RECENT_SECONDS})
        return int(cursor.rowcount)
