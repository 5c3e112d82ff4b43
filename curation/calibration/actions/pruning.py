"""Dropping scores that newer versions have replaced, so that a refit does not add ten rows a story for ever."""

import logging
from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction

from curation.scoring.models import JudgeVersion
from curation.scoring.models.judge import JudgeKind

log = logging.getLogger(__name__)
# Of the embedded scorer, the scores of so many versions stay of every story.
KEPT_VERSIONS = 2
SLICE, MOST_SLICES = 2_000, 50
# What somebody has reviewed or seen scores of keeps all of them: figures and comparisons rest on what was said then. A
# trigger refuses to drop those (migration 0006). With its scores goes the job, so that nothing is looked at twice. What
# somebody reads this moment waits: the trigger sees a review that comes while the statement runs.
PRUNE = """
WITH chosen AS (
  SELECT job.id, job.story_id, job.judge_version_id,
    EXISTS (SELECT FROM annotations_review review WHERE review.story_id = job.story_id)
    OR EXISTS (SELECT FROM annotations_recusal seen WHERE seen.story_id = job.story_id AND seen.saw = 'scores') AS used
  FROM scoring_scorejob job
  WHERE job.judge_version_id = ANY(%(old)s) AND job.state = 'done' AND NOT EXISTS (
    SELECT FROM annotations_assignment at_it WHERE at_it.story_id = job.story_id AND at_it.state = 'active')
), replaced AS MATERIALIZED (
  SELECT * FROM chosen
  WHERE used OR EXISTS (
    SELECT FROM scoring_scorejob newer
    WHERE newer.story_id = chosen.story_id AND newer.judge_version_id = ANY(%(kept)s) AND newer.state = 'done')
  LIMIT %(slice)s
), dropped AS (
  DELETE FROM scoring_score score USING replaced
  WHERE NOT replaced.used AND score.story_id = replaced.story_id
    AND score.judge_version_id = replaced.judge_version_id
)
DELETE FROM scoring_scorejob job USING replaced WHERE job.id = replaced.id
"""

# An ensemble has no jobs, so its scores are looked at themselves, when it has a new version and that has scored.
PRUNE_ENSEMBLE = """
WITH replaced AS MATERIALIZED (
  SELECT DISTINCT score.story_id, score.judge_version_id FROM scoring_score score
  WHERE score.judge_version_id = ANY(%(old)s)
    AND EXISTS (SELECT FROM scoring_score newer
                WHERE newer.story_id = score.story_id AND newer.judge_version_id = ANY(%(kept)s))
    AND NOT EXISTS (SELECT FROM annotations_review review WHERE review.story_id = score.story_id)
    AND NOT EXISTS (
      SELECT FROM annotations_assignment at_it WHERE at_it.story_id = score.story_id AND at_it.state = 'active')
    AND NOT EXISTS (SELECT FROM annotations_recusal seen WHERE seen.story_id = score.story_id AND seen.saw = 'scores')
  LIMIT %(slice)s
)
DELETE FROM scoring_score score USING replaced
WHERE score.story_id = replaced.story_id AND score.judge_version_id = replaced.judge_version_id
"""


def prune_scores() -> int:
    """Drop the scores of embedded versions older than the newest `KEPT_VERSIONS`, of stories that those have scored.

    Returns of how many stories and versions; more than `MOST_SLICES` slices are left for the next time.
    """
    done = 0
    embedded = JudgeVersion.objects.filter(judge__kind=JudgeKind.EMBEDDED).order_by("judge", "rubric", "-number")
    versions: dict[tuple[int, int], list[int]] = {}
    for judge, rubric, pk in embedded.values_list("judge_id", "rubric_id", "pk"):
        versions.setdefault((judge, rubric), []).append(pk)
    for newest_first in versions.values():
        kept, old = newest_first[:KEPT_VERSIONS], newest_first[KEPT_VERSIONS:]
        for _ in range(MOST_SLICES if old else 0):
            count = prune_slice(kept, old)
            done += count
            if count < SLICE:
                break
    return done


def prune_slice(kept: Sequence[int], old: Sequence[int]) -> int:
    """Drop one slice of the `old` versions' scores and jobs, in one statement; returns how many jobs."""
    return _dropped(PRUNE, kept, old)


def _dropped(statement: str, kept: Sequence[int], old: Sequence[int]) -> int:
    """Return how many rows the statement drops; none where the trigger refuses, and then it is for the next time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {"kept": list(kept), "old": list(old), "slice": SLICE})
            return int(cursor.rowcount)
    except IntegrityError as error:
        log.info("replaced scores stay for now: a story of theirs was claimed and reviewed meanwhile (%s)", error)
        return 0


def prune_ensemble(*, version: JudgeVersion) -> int:
    """Drop what versions of this ensemble older than the newest `KEPT_VERSIONS` said of stories that those have scored.

    What somebody has reviewed or seen scores of keeps all. Returns how many scores.
    """
    versions = JudgeVersion.objects.filter(judge=version.judge_id, rubric=version.rubric_id).order_by("-number")
    newest_first = list(versions.values_list("pk", flat=True))
    kept, old = newest_first[:KEPT_VERSIONS], newest_first[KEPT_VERSIONS:]
    dropped = 0
    while old and (count := _dropped(PRUNE_ENSEMBLE, kept, old)):
        dropped += count
    return dropped
