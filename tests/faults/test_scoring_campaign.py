"""A long campaign against pre-scoring: workers killed at any moment, Redis emptied, and never a story scored twice."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from curation.scoring.models import Score, ScoreJob
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import checked_stories, default_rubric
from tests.workers import Worker, flush, until

pytestmark = pytest.mark.django_db(transaction=True)
STORIES, ROUNDS = 3_000, 12
TEXT = "The tug asked whether the second option was safe, because it was not sure. " * 60


@pytest.mark.parametrize("seed", [1, 2])
def test_one_score_each_whatever_dies(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - which moment to kill at is no secret
    default_rubric()
    for _ in range(STORIES // 500):
        checked_stories(500, text=TEXT)
    gaps = []
    for number in range(ROUNDS):
        done = ScoreJob.objects.filter(state="done").count()
        running = Worker(tmp_path)
        try:
            if Stage.objects.filter(state=State.CHECKED).exists():
                gaps.append(until(lambda done=done: ScoreJob.objects.filter(state="done").count() > done, seconds=90))
            time.sleep(chance.uniform(0, 1.5))
            if number % 3 == 2:
                flush()
        finally:
            running.kill()
        if number % 4 == 3:
            flush()
    running = Worker(tmp_path)
    try:
        until(lambda: not Stage.objects.filter(state=State.CHECKED).exists(), seconds=180)
    finally:
        running.kill()
    scores = Counter(Score.objects.values_list("story", "judge_version", "criterion", "sample"))
    print(f"seed {seed}: {len(gaps)} kills, first score after a start {max(gaps):.1f} s at most")  # noqa: T201
    assert set(scores.values()) == {1}
    assert len(scores) == 10 * Story.objects.count() == 10 * STORIES
    assert not ScoreJob.objects.exclude(state="done").exists()
