"""The scores themselves. Who reads them here shows them to nobody: a lint rule lets no page import this.

To show them there is `calibration.actions.reveal_scores`, which records who has seen them.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from django.db.models import F, Max, QuerySet, Window

from curation.scoring.models import Judge, JudgeVersion, Score
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import criterion_calibration_status
from curation.scoring.schema import over_samples
from curation.scoring.telling import told
from curation.standards.models import Rubric
from curation.standards.translating import words_for_reader


@dataclass(frozen=True)
class StoryScore:
    """What a judge version says about one criterion of one story, over all its samples.

    `value` is None where it found the criterion not applicable, `standard_deviation` where it says nothing of how far
    it may be off. `rationale` and `quotes` are those of the sample nearest to the value. `calibration_status` is that
    of this criterion.
    """

    key: str
    group: str
    name: str
    value: float | None
    standard_deviation: float | None
    rationale: str
    quotes: list[str]
    calibration_status: CalibrationStatus
    version: JudgeVersion
    samples: int = 1


def newest_scores(story_ids: Collection[int], rubric: Rubric, judge: Judge | None = None) -> QuerySet[Score]:
    """The scores of these stories for `rubric`: of each story and judge, those of the newest version that scored it.

    All samples, of one judge or of every one (None).
    """
    newest = Window(Max("judge_version__number"), partition_by=[F("story_id"), F("judge_version__judge_id")])
    rows = Score.objects.filter(judge_version__rubric=rubric, story_id__in=story_ids)
    if judge is not None:
        rows = rows.filter(judge_version__judge=judge)
    return rows.annotate(newest=newest).filter(newest=F("judge_version__number"))


def scores_for_story(story_id: int, rubric: Rubric, judge: Judge | None = None) -> list[StoryScore]:
    """The newest scores of one story by one judge, or by every one (None), judge after judge.

    Each in the rubric's order and the reader's language; empty while the story waits. Only
    `calibration.actions.reveal_scores` may call this: it records who is shown them.
    """
    rows = (
        newest_scores([story_id], rubric, judge)
        .select_related("criterion", "judge_version__judge", "judge_version__calibration", "judge_version__provider")
        .defer("judge_version__model_artifact", "judge_version__prompt")
        .order_by("judge_version__judge_id", "criterion__position", "criterion_id", "sample")
    )
    by_criterion = groupby(rows, key=lambda row: (row.judge_version_id, row.criterion_id))
    return [_over(list(samples), rubric) for _key, samples in by_criterion]


def _over(samples: list[Score], rubric: Rubric) -> StoryScore:
    first = samples[0]
    value, deviation = over_samples([row.value for row in samples])
    # The one whose words are shown: nearest to the mean, or one that said N/A.
    shown = min(samples, key=lambda row: (row.value is None) != (value is None) or abs((row.value or 0) - (value or 0)))
    return StoryScore(
        key=first.criterion.key,
        group=first.criterion.group,
        name=str(words_for_reader(rubric, first.criterion, "name")),
        value=value,
        standard_deviation=deviation if len(samples) > 1 else first.standard_deviation,
        rationale=told(shown.rationale),
        quotes=shown.quotes,
        calibration_status=criterion_calibration_status(first.judge_version, first.criterion.key),
        version=first.judge_version,
        samples=len(samples),
    )


def scores_of(story_ids: Collection[int], rubric: Rubric, judge: Judge) -> dict[int, dict[str, float]]:
    """Story id -> criterion key -> value, of the newest version of `judge` that scored the story, over its samples.

    Stories that it has not scored are absent, and so are criteria that it found not applicable.
    """
    drawn: dict[tuple[int, str], list[float | None]] = defaultdict(list)
    rows = newest_scores(story_ids, rubric, judge).values_list("story_id", "criterion__key", "value")
    for story, key, value in rows:
        drawn[story, key].append(value)
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for (story, key), values in drawn.items():
        if (mean := over_samples(values)[0]) is not None:
            found[story][key] = mean
    return dict(found)
