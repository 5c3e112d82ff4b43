"""How far runs are, what they cost so far, and what failed in them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.core.errors import NotFound
from curation.scoring.models import ImportRule, Judge, JudgeVersion, ScoreJob, ScoreRun
from curation.scoring.models.job import JobState
from curation.scoring.models.judge import JudgeKind
from curation.scoring.models.run import RunState

# The rate is that of the last minutes, so that it follows a provider that slows down.
LATELY = timedelta(minutes=5)
# What so many answers cost says what all of them will.
LEAST_TELLING = 10


@dataclass(frozen=True)
class RunProgress:
    """How far a run is, in answers. `a_minute` is the rate of late, None while nothing was done of late.

    Those `sent` are in batches at the provider, the first of which was sent at `sent_since`.
    """

    waiting: int = 0
    in_hand: int = 0
    sent: int = 0
    done: int = 0
    failed: int = 0
    a_minute: float | None = None
    sent_since: datetime | None = None

    @property
    def total(self) -> int:
        """All answers that the run is after."""
        return self.waiting + self.in_hand + self.sent + self.done + self.failed

    @property
    def over(self) -> int:
        """Answers that nothing more happens to by itself."""
        return self.done + self.failed

    @property
    def time_left(self) -> timedelta | None:
        """How long the rest takes at the rate of late; None while that is not known, or nothing is left."""
        left = self.waiting + self.in_hand
        return timedelta(minutes=left / self.a_minute) if self.a_minute and left and not self.sent else None


def run_progress(run: ScoreRun) -> RunProgress:
    """Count the answers of a run and say how fast they come, in up to three statements."""
    jobs = ScoreJob.objects.filter(run=run).order_by()
    counts = dict(jobs.values_list("state").annotate(Count("pk")))
    rate = None
    if run.state == RunState.RUNNING and run.started_at is not None:
        lasted = min(LATELY, timezone.now() - run.started_at)
        lately = jobs.filter(state=JobState.DONE, done_at__gt=Now() - lasted).count()
        rate = 60 * lately / lasted.total_seconds() if lately else None
    sent = counts.get(JobState.SENT, 0)
    at_provider = jobs.filter(state=JobState.SENT)
    return RunProgress(
        waiting=counts.get(JobState.PENDING, 0),
        in_hand=counts.get(JobState.LEASED, 0),
        sent=sent,
        sent_since=at_provider.aggregate(first=Min("batch__created_at"))["first"] if sent else None,
        done=counts.get(JobState.DONE, 0),
        failed=counts.get(JobState.FAILED, 0),
        a_minute=rate,
    )


def likely_micro_usd(run: ScoreRun, progress: RunProgress) -> int | None:
    """Return what a run will have cost in all if it goes on as it did; None while too few answers tell, or it ended."""
    goes_on = run.state in (RunState.RUNNING, RunState.PAUSED)
    if not goes_on or run.budget is None or progress.over < LEAST_TELLING or progress.over == progress.total:
        return None
    return run.budget.gone_micro_usd * progress.total // progress.over


def runs() -> QuerySet[ScoreRun]:
    """All runs, the newest first, with what a list shows of them."""
    related = ("judge_version__judge", "judge_version__rubric", "judge_version__provider", "budget", "created_by")
    return ScoreRun.objects.select_related(*related).defer("judge_version__model_artifact", "judge_version__prompt")


def open_runs() -> QuerySet[ScoreRun]:
    """The runs that go on or wait for a person, the newest first."""
    return runs().filter(state__in=[RunState.ESTIMATED, RunState.STARTING, RunState.RUNNING, RunState.PAUSED])


def answers_over(found: Collection[ScoreRun]) -> dict[int, int]:
    """Return how many answers of each of these runs nothing more happens to by itself, by the run's key."""
    counts = dict.fromkeys([run.pk for run in found], 0)
    if found:
        over = ScoreJob.objects.filter(run__in=found, state__in=[JobState.DONE, JobState.FAILED]).order_by()
        counts |= dict(over.values_list("run").annotate(Count("pk")))
    return counts


def load_run(pk: int) -> ScoreRun:
    """Return a run; `NotFound` for none."""
    run = runs().select_related("rule", "import_run", "judge_version__constitution").filter(pk=pk).first()
    if run is None:
        raise NotFound(_("There is no such run."))
    return run


def failures_of(run: ScoreRun) -> QuerySet[ScoreJob]:
    """The answers that failed in a run."""
    return ScoreJob.objects.filter(run=run, state=JobState.FAILED)


def failed_in(run: ScoreRun, limit: int = 50) -> list[ScoreJob]:
    """The latest failures of a run, with their stories' titles."""
    rows = failures_of(run).select_related("story", "judge_version__judge")
    only = ("story__title", "judge_version__judge__name", "judge_version__number", "last_error", "attempts", "sample")
    return list(rows.only(*only).order_by("-id")[:limit])


def load_judge(key: str) -> Judge:
    """Return a judge; `NotFound` for none."""
    judge = Judge.objects.filter(key=key).first()
    if judge is None:
        raise NotFound(_("There is no such judge."))
    return judge


def versions_at_work() -> QuerySet[JudgeVersion]:
    """The versions that a run can be made of: of judges that ask a language model, and in use."""
    found = JudgeVersion.objects.filter(active=True, judge__kind=JudgeKind.LLM).order_by("judge__name", "pk")
    return found.select_related("judge", "rubric", "provider", "constitution", "calibration").defer("model_artifact")


def combinable_judges() -> QuerySet[Judge]:
    """The judges that an ensemble can be made of: those at work that are none themselves."""
    at_work = JudgeVersion.objects.filter(judge=OuterRef("pk"), active=True)
    return Judge.objects.filter(Exists(at_work)).exclude(kind=JudgeKind.ENSEMBLE).order_by("name")


def rules_of(judge: Judge) -> QuerySet[ImportRule]:
    """The import rules of a judge that are not ended, the newest first."""
    found = ImportRule.objects.filter(judge=judge, ended_at=None).select_related("source", "created_by")
    return found.order_by("-pk")
