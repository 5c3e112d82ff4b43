"""Jobs that are asked for in batches: handed over together, and finished hours later by what came of each.

Nobody holds a job that was sent. What the answers are stored by is the batch's row, and storing them twice changes
nothing, so whoever collects them may stop at any moment.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from curation.core.leases import Lease, LeaseLost
from curation.llm.models import BatchState
from curation.scoring.actions.announcing import tell_of_stories
from curation.scoring.actions.answers import REASON, Received, keep_answers, read_answers, store_readings
from curation.scoring.actions.asking import Questions, story_inputs
from curation.scoring.actions.stages import move_on
from curation.scoring.models import JudgeAnswer, ScoreJob, ScoreRun
from curation.scoring.models.job import JobState
from curation.scoring.models.run import RunState
from curation.scoring.reading import ReadingFailed


@dataclass(frozen=True)
class BatchCallLost:
    """A call of a batch of which nothing came that can be kept.

    It counts as an attempt, unless the provider `never_ran` it; `is_final` says that another would do no better.
    """

    reason: str = ""
    never_ran: bool = False
    is_final: bool = False


# What came of a call, before it is known to which job it belongs.
Came = Received | BatchCallLost
Key = tuple[int, int]


def hand_over_jobs(*, lease: Lease, jobs: Collection[int], batch: int) -> set[int]:
    """Let jobs wait for the answers of a batch that is about to be sent; returns those that were still held."""
    mine = lease.only(jobs)
    try:
        with mine.storing() as held:
            lease.only(held).end(JobState.SENT, batch_id=batch)
    except LeaseLost:
        return set()
    return set(held)


def jobs_at(batch: int) -> dict[Key, int]:
    """Return the jobs (ids) that wait for answers of a batch, by story and sample."""
    rows = ScoreJob.objects.filter(batch=batch, state=JobState.SENT).values_list("story", "sample", "pk")
    return {(story, sample): pk for story, sample, pk in rows}


def finish_batch(*, run: ScoreRun, questions: Questions, batch: int, came: Mapping[int, Came]) -> None:
    """Store what came of jobs (ids) of a batch, read it, and close them; what failed is asked again, or set aside.

    An answer is stored before anything is read in it. Of a run that was cancelled, what was not answered is dropped.
    """
    answers = _keep(run, [one for one in came.values() if isinstance(one, Received)])
    read = read_answers(questions, answers.values(), story_inputs({one.story_id for one in answers.values()}))
    of_answer = {answer.pk: job for job, answer in answers.items()}
    failed = {of_answer[one.answer.pk]: one.reading for one in read if isinstance(one.reading, ReadingFailed)}
    reasons = {job: error.kept_back for job, error in failed.items()}
    reasons |= {job: one.reason for job, one in came.items() if isinstance(one, BatchCallLost) and not one.never_ran}
    final = {job for job, one in came.items() if isinstance(one, BatchCallLost) and one.is_final}
    done = {of_answer[one.answer.pk] for one in read} - failed.keys()
    with transaction.atomic():
        sent = ScoreJob.objects.filter(batch=batch, state=JobState.SENT, pk__in=list(came))
        waiting = set(sent.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        store_readings(questions=questions, read=read)
        sent.filter(pk__in=done).update(state=JobState.DONE, batch=None, done_at=Now(), last_error="")
        for job, reason in reasons.items():
            _put_off(sent.filter(pk=job), reason, is_final=job in final)
        _back(sent)
        _leave(run.pk, list(came))
        closed = {one.answer.story_id for one in read if of_answer[one.answer.pk] in done & waiting}
        tell_of_stories(version=questions.version.pk, stories=closed)


def take_back(*, after: float = 0.0) -> int:
    """Let jobs be taken again that were in batches which never reached their provider; returns how many.

    It was no attempt. They wait for `after` seconds.
    """
    stranded = ScoreJob.objects.filter(state=JobState.SENT, batch__state__in=[BatchState.REFUSED, BatchState.COLLECTED])
    runs = {job: run for job, run in stranded.values_list("pk", "run") if run is not None}
    if not runs:
        return 0
    with transaction.atomic():
        rows = ScoreJob.objects.filter(pk__in=runs, state=JobState.SENT)
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))
        count = _back(rows, after)
        for run in set(runs.values()):
            _leave(run, [job for job, of_run in runs.items() if of_run == run])
    return count


def _keep(run: ScoreRun, received: Collection[Received]) -> dict[int, JudgeAnswer]:
    """Store answers that are not there yet; returns all of them by job."""
    jobs = {one.spend: one.job for one in received}
    kept = {jobs[answer.spend_id]: answer for answer in JudgeAnswer.objects.filter(spend__in=list(jobs))}
    new = [one for one in received if one.job not in kept]
    if new:
        kept.update({one.job: answer for one, answer in zip(new, keep_answers(run=run, received=new), strict=True)})
    return kept


def _put_off(job: QuerySet[ScoreJob], reason: str, *, is_final: bool) -> None:
    last = Q(pk__isnull=False) if is_final else Q(attempts__gte=ScoreJob.terms.most_errors)
    job.update(
        state=Case(When(last, then=Value(JobState.FAILED.value)), default=Value(JobState.PENDING.value)),
        batch=None,
        next_at=Now(),
        last_error=reason[:REASON].replace("\0", ""),
    )


def _back(jobs: QuerySet[ScoreJob], after: float = 0.0) -> int:
    later = Now() + timedelta(seconds=after)
    return jobs.update(state=JobState.PENDING, batch=None, attempts=F("attempts") - 1, next_at=later)


def _leave(run: int, jobs: Collection[int]) -> None:
    """Drop what is left to ask of a run that was cancelled meanwhile, and let stories go on that wait no more."""
    among = ScoreJob.objects.filter(pk__in=jobs)
    stories = set(among.values_list("story", flat=True))
    if ScoreRun.objects.filter(pk=run, state=RunState.CANCELLED).exists():
        among.filter(state=JobState.PENDING).delete()
    move_on(stories=stories)
