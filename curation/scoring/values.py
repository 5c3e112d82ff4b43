"""The scores themselves. Who reads them here shows them to nobody: a lint rule lets no page import this.

To show them there is `calibration.actions.reveal_scores`, which records who has seen them.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Max, QuerySet, Window

from curation.scoring.models import JudgeVersion, Score
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import criterion_calibration_status
from curation.scoring.telling import told
from curation.standards.models import Rubric
from curation.standards.translating import words_for_reader


@dataclass(frozen=True)
class StoryScore:
    """What a judge version says about one criterion of one story; `calibration_status` is that of this criterion."""

    key: str
    group: str
    name: str
    value: float
    standard_deviation: float
    rationale: str
    quotes: list[str]
    calibration_status: CalibrationStatus
    version: JudgeVersion


def newest_scores(story_ids: Collection[int], rubric: Rubric) -> QuerySet[Score]:
    """The scores of these stories for `rubric`, of each story only those of the newest version that scored it."""
    newest = Window(Max("judge_version__number"), partition_by=[F("story_id"), F("judge_version__judge_id")])
    rows = Score.objects.filter(judge_version__rubric=rubric, sample=0, story_id__in=story_ids)
    return rows.annotate(newest=newest).filter(newest=F("judge_version__number"))


def scores_for_story(story_id: int, rubric: Rubric) -> list[StoryScore]:
    """The newest scores of one story, in the rubric's order and the reader's language; empty while it waits.

    Only `calibration.actions.reveal_scores` may call this: it records who is shown them.
    """
    rows = (
        newest_scores([story_id], rubric)
        .select_related("criterion", "judge_version__judge")
        .defer("judge_version__model_artifact")
        .order_by("criterion__position", "criterion_id")
    )
    return [
        StoryScore(
            key=row.criterion.key,
            group=row.criterion.group,
            name=str(words_for_reader(rubric, row.criterion, "name")),
            value=row.value,
            standard_deviation=row.standard_deviation,
            rationale=told(row.rationale),
            quotes=row.quotes,
            calibration_status=criterion_calibration_status(row.judge_version, row.criterion.key),
            version=row.judge_version,
        )
        for row in rows
    ]


def scores_of(story_ids: Collection[int], rubric: Rubric) -> dict[int, dict[str, float]]:
    """Story id -> criterion key -> value, of the newest version that scored the story; unscored stories are absent."""
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for story, key, value in newest_scores(story_ids, rubric).values_list("story_id", "criterion__key", "value"):
        found[story][key] = value
    return dict(found)
