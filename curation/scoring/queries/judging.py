"""How far the free scoring is, and how far to trust a judge."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from curation.scoring.models import JudgeVersion, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.models.judge import CalibrationStatus, JudgeKind
from curation.scoring.models.run import RunState
from curation.scoring.reading import Prompt, prompt
from curation.standards.models import Rubric
from curation.standards.queries import current_rubric, usual_rubrics
from curation.stories.models import Story
from curation.stories.stages import State

LEAST_LABELS, MANY_LABELS = 50, 200
OPEN = [JobState.PENDING, JobState.LEASED, JobState.SENT]


@dataclass(frozen=True)
class ScoringProgress:
    """How far one judge version is: counts of stories."""

    version: JudgeVersion
    waiting: int = 0
    leased: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All stories that this version has to score."""
        return self.waiting + self.leased + self.done + self.failed

    @property
    def open(self) -> int:
        """Stories that are still to be scored without anybody's help."""
        return self.waiting + self.leased


def rubric_in_use() -> Rubric:
    """The newest frozen rubric with a policy, else the current one; `NotFound` when none is installed.

    Scoring freezes a rubric, and one that was just imported may still be edited: it waits until a queue uses it.
    """
    return usual_rubrics().filter(frozen_at__isnull=False).first() or current_rubric()


def calibration_status_for(labels: int) -> CalibrationStatus:
    """How far to trust numbers that rest on so many rated stories."""
    if labels < LEAST_LABELS:
        return CalibrationStatus.UNCALIBRATED
    return CalibrationStatus.PROVISIONAL if labels < MANY_LABELS else CalibrationStatus.CALIBRATED


def criterion_calibration_status(version: JudgeVersion, key: str) -> CalibrationStatus:
    """The calibration_status of one criterion: a theme's criterion is rated less often than the others."""
    if version.calibration_status == CalibrationStatus.UNCALIBRATED:
        return CalibrationStatus.UNCALIBRATED
    return calibration_status_for(version.calibration.by_criterion.get(key, 0))


def awaiting_scores(stories: QuerySet[Story]) -> QuerySet[Story]:
    """Return those of these stories that will be scored without anybody's help: checked, and a job is or will be open.

    A job is made for every active version that costs nothing, and a rubric in use that has none is given one by the
    worker; what costs money has jobs while its run is running.
    """
    jobs = ScoreJob.objects.filter(story=OuterRef("pk"))
    free = jobs.filter(judge_version__active=True, run=None)
    over = Exists(free.filter(state__in=[JobState.DONE, JobState.FAILED]))
    still = Exists(free.filter(state__in=OPEN)) | Exists(jobs.filter(state__in=OPEN, run__state=RunState.RUNNING))
    embedded = JudgeVersion.objects.filter(active=True, judge__kind=JudgeKind.EMBEDDED)
    expected = embedded.exists() or usual_rubrics().exists()
    waiting = stories.filter(stage__state=State.CHECKED)
    return waiting.filter(still | ~Q(over)) if expected else waiting.filter(still)


def prompt_of(version: JudgeVersion) -> Prompt | None:
    """Return the prompt of a version in full, as its files or its own text say it; None where it asks no model."""
    if version.prompt_version is None:
        return None
    of_the_project = prompt(version.prompt_version)
    return replace(of_the_project, judging=version.prompt or of_the_project.judging)


def versions() -> QuerySet[JudgeVersion]:
    """All judge versions, the active ones first, without their artifacts."""
    order = ["-active", "judge__name", "-number"]
    found = JudgeVersion.objects.select_related("judge", "rubric", "calibration", "provider")
    return found.defer("model_artifact").order_by(*order)


def progress() -> list[ScoringProgress]:
    """How far each active version is that scores every story for nothing, in two statements."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = ScoreJob.objects.filter(judge_version__active=True, judge_version__provider=None).values_list(
        "judge_version", "state"
    )
    for version, state, count in rows.annotate(count=Count("pk")):
        counts[version][state] = count
    return [
        ScoringProgress(
            version=version,
            waiting=counts[version.pk].get(JobState.PENDING, 0),
            leased=counts[version.pk].get(JobState.LEASED, 0),
            done=counts[version.pk].get(JobState.DONE, 0),
            failed=counts[version.pk].get(JobState.FAILED, 0),
        )
        for version in versions().filter(active=True, judge__kind=JudgeKind.EMBEDDED)
    ]


def failed_jobs(limit: int = 20) -> list[ScoreJob]:
    """The latest failures of active versions, with their stories' titles; a run shows its own."""
    rows = ScoreJob.objects.filter(judge_version__active=True, judge_version__provider=None, state=JobState.FAILED)
    rows = rows.select_related("story", "judge_version__judge").order_by("-id")
    return list(
        rows.only("story__title", "judge_version__judge__name", "judge_version__number", "last_error", "attempts")[
            :limit
        ]
    )


def retrying_jobs(limit: int = 5) -> list[ScoreJob]:
    """Jobs that met an error and will be tried again, the soonest first; a run shows its own."""
    rows = ScoreJob.objects.filter(judge_version__active=True, judge_version__provider=None, state=JobState.PENDING)
    rows = rows.exclude(last_error="").select_related("story", "judge_version__judge").order_by("next_at", "id")
    return list(
        rows.only("story__title", "judge_version__judge__name", "judge_version__number", "last_error", "attempts")[
            :limit
        ]
    )


def stalled(*, seconds: float = 60.0) -> bool:
    """Whether work has been due for `seconds` and nobody holds or finished any: the worker hangs or is not running.

    What waits in runs is not meant: a provider that is down holds it up, and a run that is paused.
    """
    since = Now() - timedelta(seconds=seconds)
    free = ScoreJob.objects.filter(run=None)
    if not free.filter(state=JobState.PENDING, next_at__lt=since).exists():
        return False
    if free.filter(state=JobState.LEASED, lease_until__gt=Now()).exists():
        return False
    return not free.filter(done_at__gt=since).exists()
