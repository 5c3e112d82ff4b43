"""The real worker, killed in the middle and left without its messages."""

from collections import Counter
from pathlib import Path

import pytest

from curation.scoring.models import Score, ScoreJob
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import checked_stories, default_rubric
from tests.workers import flush, until, worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.long
def test_killed_in_the_middle_every_story_still_has_one_score_per_criterion(tmp_path: Path) -> None:
    default_rubric()
    checked_stories(400, text="The tug asked whether the second option was safe, because it was not sure. " * 40)
    with worker(tmp_path):
        until(lambda: Score.objects.exists())
    assert ScoreJob.objects.exclude(state="done").exists(), "the worker was too quick to be killed in the middle"
    flush()
    with worker(tmp_path):
        until(lambda: not Stage.objects.filter(state=State.CHECKED).exists())
    scores = Counter(Score.objects.values_list("story", "judge_version", "criterion", "sample"))
    assert set(scores.values()) == {1}
    assert len(scores) == 10 * Story.objects.count()
    assert not ScoreJob.objects.exclude(state="done").exists()
