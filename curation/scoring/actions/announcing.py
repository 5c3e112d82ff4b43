"""Telling other programs that stories were scored: of a run once it is over, and of each story those who ask for that.

Neither ever says a score.
"""

from collections.abc import Collection

from curation.webhooks.emitting import emit_rows

EVENT = "story.scored"
RUNS = """
SELECT run.id, jsonb_build_object('judge', judge.key, 'version', version.number, 'stories', run.stories)
FROM scoring_scorerun run JOIN scoring_judgeversion version ON version.id = run.judge_version_id
JOIN scoring_judge judge ON judge.id = version.judge_id WHERE run.id = ANY(%(runs)s::bigint[])
"""
SLICE = """
SELECT judge.key, jsonb_build_object('version', version.number, 'stories', %(count)s::bigint)
FROM scoring_judgeversion version JOIN scoring_judge judge ON judge.id = version.judge_id
WHERE version.id = %(version)s::bigint
"""
# A story is scored by a version once it has all its samples. Asked so, the database can only look up the jobs of each
# story: while it does not know yet how many jobs wait, it would look through all of them for each slice.
STORIES = """
SELECT DISTINCT story.id, jsonb_build_object('judge', judge.key, 'version', version.number)
FROM unnest(%(stories)s::bigint[]) AS story (id), scoring_judgeversion version
JOIN scoring_judge judge ON judge.id = version.judge_id
WHERE version.id = %(version)s::bigint AND (
  SELECT count(*) FILTER (WHERE job.state IN ('pending', 'leased', 'sent')) = 0 FROM scoring_scorejob job
  WHERE job.story_id = story.id AND job.judge_version_id + 0 = version.id)
"""


def tell_of_runs(runs: Collection[int]) -> None:
    """Tell that these runs (ids) are over. Call it in the transaction that ends them."""
    emit_rows(event=EVENT, thing="run", rows=RUNS, values={"runs": list(runs)})


def tell_of_slice(*, version: int, stories: Collection[int]) -> None:
    """Tell that a version that needs no run has scored a slice of stories (ids), and of each of them whoever asks."""
    if stories:
        emit_rows(event=EVENT, thing="judge", rows=SLICE, values={"version": version, "count": len(stories)})
        tell_of_stories(version=version, stories=stories)


def tell_of_stories(*, version: int, stories: Collection[int]) -> None:
    """Tell whoever asks for each story of those of `stories` (ids) that `version` is through with."""
    if stories:
        values = {"version": version, "stories": list(stories)}
        emit_rows(event=EVENT, thing="story", rows=STORIES, values=values, each_story=True)
