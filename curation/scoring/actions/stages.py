"""When a story has been pre-scored: once every judge that was to score it is through with it."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from curation.scoring.models import ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.models.run import RunState
from curation.stories.actions import advance
from curation.stories.models import Stage
from curation.stories.stages import State

# Jobs that a worker will see to without anybody's help. What a paused run has left over keeps no story back.
OPEN = Q(state__in=[JobState.PENDING, JobState.LEASED, JobState.SENT]) & (Q(run=None) | Q(run__state=RunState.RUNNING))
SLICE = 5_000


def move_on(*, stories: Collection[int] | None = None) -> int:
    """Move those of `stories` (ids; None for all) on that are checked, have scores, and wait for no judge any more.

    Returns how many moved. Call it where a job was closed, and where a run stopped or ended.
    """
    jobs = ScoreJob.objects.filter(story=OuterRef("story"))
    through = Stage.objects.filter(state=State.CHECKED).filter(
        Exists(jobs.filter(state=JobState.DONE)), ~Exists(jobs.filter(OPEN))
    )
    if stories is not None:
        through = through.filter(story__any_of=stories)
    ids = list(through.order_by("story").values_list("story", flat=True))
    return sum(advance(stories=ids[start : start + SLICE], to=State.SCORED) for start in range(0, len(ids), SLICE))
