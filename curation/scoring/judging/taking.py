"""Taking jobs of runs that are running, with all that is asked about their stories."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.db.models.functions import Now

from curation.core import leases
from curation.core.leases import Lease
from curation.scoring.actions.answers import unread
from curation.scoring.actions.asking import Questions, questions_of, story_inputs
from curation.scoring.actions.stages import move_on
from curation.scoring.models import AnswerReading, JudgeAnswer, ScoreJob, ScoreRun
from curation.scoring.models.job import JobState
from curation.scoring.models.run import RunState
from curation.scoring.reading import JudgeRequest
from curation.scoring.schema import StoryInput

# A job in whose middle so many workers stopped is taken alone, so that it takes no other down with it.
WARY = 3


@dataclass
class Held:
    """A lease, kept for as long as one of its `jobs` (ids) is in hand."""

    lease: Lease
    jobs: set[int]

    def __post_init__(self) -> None:
        self.lease.__enter__()

    def done(self, jobs: Collection[int]) -> None:
        """These jobs are in hand no longer. To say so twice changes nothing."""
        before, self.jobs = self.jobs, self.jobs.difference(jobs)
        if before and not self.jobs:
            self.lease.__exit__(None, None, None)


@dataclass(frozen=True)
class JobInHand:
    """One job in hand, and what is asked. `answers` counts those that are stored already."""

    job: int
    run: int
    story: StoryInput
    sample: int
    answers: int
    held: Held
    request: JudgeRequest


@dataclass(frozen=True)
class TakenJobs:
    """Jobs that were taken together: those to ask for, and answers that were paid for before and nobody has read."""

    asked: list[JobInHand] = field(default_factory=list)
    found: list[tuple[JobInHand, JudgeAnswer]] = field(default_factory=list)


def running_runs() -> list[ScoreRun]:
    """The runs that are running and have jobs that are due, with version and provider, the oldest first."""
    due = ScoreJob.objects.filter(state=JobState.PENDING, next_at__lte=Now(), run__isnull=False)
    runs = ScoreRun.objects.filter(state=RunState.RUNNING, pk__in=due.values("run"))
    return list(runs.select_related("judge_version__provider").defer("judge_version__model_artifact").order_by("pk"))


def still_running(runs: Collection[int]) -> set[int]:
    """Those of these runs (ids) that nobody has paused or cancelled."""
    return set(ScoreRun.objects.filter(pk__in=runs, state=RunState.RUNNING).values_list("pk", flat=True))


def take(questions: Questions, *, run: int, limit: int) -> TakenJobs:
    """Take up to `limit` due jobs of a run; of those that stopped workers, one.

    A sample that has been read already, by a worker that lost its lease meanwhile, is closed and not asked for again.
    """
    among = Q(run=run, run__state=RunState.RUNNING)
    for tried, size in ((Q(attempts__lt=WARY), limit), (Q(attempts__gte=WARY), 1)):
        if lease := leases.take(ScoreJob, limit=size, among=among & tried):
            return _with_stories(questions, run, lease)
    return TakenJobs()


def _with_stories(questions: Questions, run: int, lease: Lease) -> TakenJobs:
    jobs = list(lease.mine.values_list("pk", "story_id", "sample"))
    held = Held(lease, {job for job, *_rest in jobs})
    try:
        return _sorted_out(questions, run, held, jobs)
    except BaseException:
        held.done(held.jobs)
        lease.give_back()
        raise


def _sorted_out(questions: Questions, run: int, held: Held, jobs: Sequence[tuple[int, int, int]]) -> TakenJobs:
    wanted = {story for _job, story, _sample in jobs}
    stories, version = story_inputs(wanted), questions.version
    read = AnswerReading.objects.filter(judge_version=version, answer__story__in=wanted, fault="")
    is_read = set(read.values_list("answer__story", "answer__sample"))
    answers = JudgeAnswer.objects.filter(judge_version=version, story__in=wanted)
    counts = {
        (story, sample): count for story, sample, count in answers.values_list("story", "sample").annotate(Count("pk"))
    }
    kept = {(one.story_id, one.sample): one for one in unread(version, wanted)}
    taken, over = TakenJobs(), {}
    for job, story, sample in jobs:
        if (story, sample) in is_read:
            over[job] = story
            continue
        request = questions.request(stories[story])
        one = JobInHand(job, run, stories[story], sample, counts.get((story, sample), 0), held, request)
        if answer := kept.get((story, sample)):
            taken.found.append((one, answer))
        else:
            taken.asked.append(one)
    if over:
        with held.lease.storing():
            held.lease.only(over).end(JobState.DONE, done_at=Now(), last_error="")
            move_on(stories=list(over.values()))
        held.done(over)
    return taken


def questions_for(run: ScoreRun) -> Questions:
    """What the version of a run asks."""
    return questions_of(run.judge_version)


def by_held(asked: Collection[JobInHand]) -> dict[int, list[JobInHand]]:
    """Group jobs by the lease that they were taken with."""
    grouped: dict[int, list[JobInHand]] = defaultdict(list)
    for one in asked:
        grouped[id(one.held)].append(one)
    return grouped
