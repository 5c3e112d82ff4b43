"""Runs: an estimate first, then a budget and a start, then pause, resume, cancel, and what failed once more."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.jobs import nudge
from curation.llm.actions import change_budget, open_budget
from curation.scoring.actions.announcing import tell_of_runs
from curation.scoring.actions.estimating import LEFT_OVER, estimate
from curation.scoring.actions.stages import move_on
from curation.scoring.models import ImportRule, JudgeVersion, ScoreJob, ScoreRun
from curation.scoring.models.job import JobState
from curation.scoring.models.run import TRANSITIONS, PausedBy, RunState
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.telling import NOTHING_LEFT
from curation.stories.models import ImportRun, Story

PUMP, SWEEP = "judging.run", "scoring.sweep"
SLICE = 5_000
NOTE = 300
# What the version has read in answers to an earlier one is not asked for, and has no job.
# One sample of every story before the second of any: a run that stops early has a score for more of them.
JOBS = """
INSERT INTO scoring_scorejob (story_id, judge_version_id, run_id, sample, state, attempts, token, last_error,
  created_at, next_at)
SELECT chosen.id, %s, %s, sample, 'pending', 0, 0, '', statement_timestamp(), statement_timestamp()
FROM generate_series(0, %s - 1) AS sample CROSS JOIN ({chosen}) AS chosen (id)
WHERE NOT EXISTS (SELECT FROM scoring_score score
                  WHERE score.story_id = chosen.id AND score.judge_version_id = %s AND score.sample = sample.sample)
ORDER BY sample, chosen.id
ON CONFLICT DO NOTHING
"""


def estimate_run(
    *,
    actor: Actor,
    version: JudgeVersion,
    stories: QuerySet[Story],
    chosen: dict[str, Any] | None = None,
    rule: ImportRule | None = None,
    import_run: ImportRun | None = None,
) -> ScoreRun:
    """Write down what it would take to have `version` score `stories`; nothing is asked of the model, or paid.

    `chosen` says in JSON which stories these are; whoever starts the run hands the same ones on. Raises `InvalidInput`
    where no story is left that it has not scored, `Conflict` for a version that is not in use.
    """
    check_can_run_judges(actor=actor)
    if not version.paid:
        raise InvalidInput(_("The embedded scorer scores every story by itself, and costs nothing."))
    if not version.active:
        raise Conflict(_("There is a newer version of this judge by now. Go back to the judge’s page."))
    found = estimate(version, stories)
    if not found.stories:
        raise InvalidInput(_("No story fits that choice. Widen it, or wait until imported stories are checked."))
    if not found.answers:
        raise InvalidInput(_("This judge has scored all of these stories already, or is about to in another run."))
    return ScoreRun.objects.create(
        judge_version=version,
        chosen=chosen or {},
        stories=found.stories,
        total=found.answers,
        sampled=found.sampled,
        measured=found.measured,
        estimated_input_tokens=found.usage.input_tokens + found.usage.cached_write_tokens,
        estimated_cached_tokens=found.usage.cached_read_tokens,
        estimated_output_tokens=found.usage.output_tokens,
        estimated_micro_usd=found.micro_usd,
        answer_at_most_micro_usd=found.answer_at_most_micro_usd,
        batch_micro_usd=found.batch_micro_usd,
        batch_at_most_micro_usd=found.batch_at_most_micro_usd,
        rule=rule,
        import_run=import_run,
        created_by_id=rule.created_by_id if rule else actor.pk,
    )


def ask_to_start(*, actor: Actor, run: ScoreRun, limit_micro_usd: int, in_batches: bool = False) -> ScoreRun:
    """Have a worker start an estimated run, for `limit_micro_usd` (millionths of a dollar) at most.

    `in_batches` has it cost less and be answered within a day. The worker calls `make_jobs`. Raises `InvalidInput` for
    a limit below zero, or batches where the provider takes none, `Conflict` where the run is not waiting to be started
    or its price is not known.
    """
    check_can_run_judges(actor=actor)
    if limit_micro_usd < 0:
        raise InvalidInput(_("A budget cannot be below zero."))
    with transaction.atomic():
        locked = _locked(run, RunState.STARTING)
        version = locked.judge_version
        if locked.estimated_micro_usd is None:
            raise Conflict(
                _(
                    "What %(model)s costs is not known. An admin can set a price on the page of models; then estimate "
                    "anew."
                )
                % {"model": version.model}
            )
        if in_batches and locked.batch_micro_usd is None:
            raise InvalidInput(_("%(provider)s takes no batches.") % {"provider": version.provider})
        budget = locked.budget or open_budget(actor=actor, limit_micro_usd=limit_micro_usd, purpose=str(locked))
        if budget.limit_micro_usd != limit_micro_usd:
            change_budget(actor=actor, budget=budget, limit_micro_usd=limit_micro_usd)
        started = {"budget": budget, "started_at": Now(), "started_by_id": actor.pk, "in_batches": in_batches}
        _change(locked, state=RunState.STARTING, note="", **started)
        more = {"rule": locked.rule_id} if locked.rule_id else {}
        more |= {"in_batches": True} if in_batches else {}
        record(
            actor=actor,
            verb="score_run.started",
            target=locked,
            count=locked.total,
            limit_micro_usd=limit_micro_usd,
            **more,
        )
    return locked


def make_jobs(*, run: ScoreRun, stories: QuerySet[Story]) -> bool:
    """Make the jobs of a run that is being started, for `stories`, and let it ask its model; return whether it does.

    What failed in runs that are over is taken up. A run of which nothing is left to score waits again, and its note
    says so. Nothing is done where another worker is at it, or the run is not being started any more.
    """
    with transaction.atomic():
        waiting = ScoreRun.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        locked = waiting.select_related("judge_version").filter(pk=run.pk, state=RunState.STARTING).first()
        if locked is None:
            return False
        version, ids = locked.judge_version, stories.order_by().values("pk")
        ScoreJob.objects.filter(LEFT_OVER, judge_version=version, story__in=ids, sample__lt=version.samples).delete()
        total = _create_jobs(locked, ids)
        if not total:
            _change(locked, state=RunState.ESTIMATED, note=NOTHING_LEFT)
            return False
        _change(locked, state=RunState.RUNNING, total=total)
        nudge(PUMP)
    return True


def start_run(
    *, actor: Actor, run: ScoreRun, stories: QuerySet[Story], limit_micro_usd: int, in_batches: bool = False
) -> ScoreRun:
    """Ask for an estimated run to be started and make its jobs at once, which takes long for many stories.

    Raises as `ask_to_start` does, and `Conflict` where nothing is left to score.
    """
    with transaction.atomic():
        asked = ask_to_start(actor=actor, run=run, limit_micro_usd=limit_micro_usd, in_batches=in_batches)
        if not make_jobs(run=asked, stories=stories):
            raise Conflict(_("This judge has scored all of these stories already, or is about to in another run."))
    asked.refresh_from_db()
    return asked


def pause_run(*, actor: Actor, run: ScoreRun) -> None:
    """Ask nothing more for now. Answers that are on their way are paid for, and stored."""
    check_can_run_judges(actor=actor)
    _pause(actor, run, PausedBy.PERSON, "")


def stop_run(*, run: ScoreRun, by: PausedBy, note: str) -> bool:
    """Pause a run that cannot go on: its budget is used up, or the provider refuses. `note` says it in a sentence.

    Returns whether it was running.
    """
    try:
        _pause(SYSTEM, run, by, note[:NOTE])
    except Conflict:
        return False
    return True


def resume_run(*, actor: Actor, run: ScoreRun, limit_micro_usd: int | None = None) -> None:
    """Let a paused run go on, with another budget if one is given (in all, not in addition)."""
    check_can_run_judges(actor=actor)
    with transaction.atomic():
        locked = _locked(run, RunState.RUNNING, only_from=RunState.PAUSED)
        if limit_micro_usd is not None and locked.budget and limit_micro_usd != locked.budget.limit_micro_usd:
            change_budget(actor=actor, budget=locked.budget, limit_micro_usd=limit_micro_usd)
        _change(locked, state=RunState.RUNNING, paused_by="", note="")
        record(actor=actor, verb="score_run.resumed", target=locked)
        nudge(PUMP)


def cancel_run(*, actor: Actor, run: ScoreRun) -> None:
    """End a run for good. What it has scored stays; answers that are on their way are still stored.

    A worker takes away what it would have asked (`clear_cancelled`).
    """
    check_can_run_judges(actor=actor)
    with transaction.atomic():
        locked = _locked(run, RunState.CANCELLED)
        _change(locked, state=RunState.CANCELLED, paused_by="", ended_at=Now())
        record(actor=actor, verb="score_run.cancelled", target=locked)
        nudge(SWEEP)


def clear_cancelled() -> int:
    """Delete the jobs that cancelled runs will never ask for, and move on the stories that waited for them.

    Returns how many jobs there were. A slice at a time, each in a transaction of its own.
    """
    cleared = 0
    while True:
        with transaction.atomic():
            waiting = ScoreJob.objects.filter(state=JobState.PENDING, run__state=RunState.CANCELLED)
            chosen = waiting.select_for_update(of=("self",), skip_locked=True).order_by("pk")
            rows = dict(chosen.values_list("pk", "story")[:SLICE])
            ScoreJob.objects.filter(pk__in=list(rows)).delete()
            move_on(stories=set(rows.values()))
        cleared += len(rows)
        if len(rows) < SLICE:
            return cleared


def rerun_failed(*, actor: Actor, run: ScoreRun) -> int:
    """Ask again for what failed in a run, within the budget that is left; returns how many answers.

    Raises `Conflict` for a run that was cancelled or not started. One that is paused stays so.
    """
    check_can_run_judges(actor=actor)
    with transaction.atomic():
        locked = ScoreRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
        if locked.state not in (RunState.RUNNING, RunState.PAUSED, RunState.DONE):
            raise Conflict(_("Somebody has seen to this already. Reload the page to see how it is now."))
        failed = ScoreJob.objects.filter(run=locked, state=JobState.FAILED)
        count = failed.update(state=JobState.PENDING, attempts=0, next_at=Now())
        if count:
            if locked.state == RunState.DONE:
                _change(locked, state=RunState.RUNNING, ended_at=None)
            record(actor=actor, verb="score_run.retried", target=locked, count=count)
            nudge(PUMP)
    return count


def finish_runs() -> int:
    """Let every run be done, running or paused, in which nothing is left to ask; returns how many.

    A worker calls it when it finds nothing due, and the sweep does.
    """
    left = ScoreJob.objects.filter(run=OuterRef("pk"), state__in=[JobState.PENDING, JobState.LEASED, JobState.SENT])
    begun = ScoreRun.objects.filter(~Exists(left), state__in=[RunState.RUNNING, RunState.PAUSED])
    with transaction.atomic():
        through = list(begun.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
        if through:
            ScoreRun.objects.filter(pk__in=through).update(state=RunState.DONE, paused_by="", note="", ended_at=Now())
            tell_of_runs(through)
    return len(through)


def _create_jobs(run: ScoreRun, ids: QuerySet[Story, Any]) -> int:
    """Create the jobs of a run for the stories that `ids` selects; returns how many."""
    try:
        chosen, parameters = ids.query.sql_with_params()
    except EmptyResultSet:
        return 0
    version = run.judge_version
    with connection.cursor() as cursor:
        cursor.execute(JOBS.format(chosen=chosen), [version.pk, run.pk, version.samples, *parameters, version.pk])
        return int(cursor.rowcount)


def _pause(actor: Actor, run: ScoreRun, by: PausedBy, note: str) -> None:
    with transaction.atomic():
        locked = _locked(run, RunState.PAUSED)
        _change(locked, state=RunState.PAUSED, paused_by=by, note=note)
        record(actor=actor, verb="score_run.paused", target=locked, by=by.value)
        move_on()


def _locked(run: ScoreRun, new: RunState, *, only_from: RunState | None = None) -> ScoreRun:
    """Lock a run for the move to `new`; `Conflict` where its state does not allow it."""
    found = ScoreRun.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "judge_version__judge", "judge_version__provider", "budget"
    )
    locked = found.get(pk=run.pk)
    before = RunState(locked.state)
    if new not in TRANSITIONS[before] or only_from not in (None, before):
        raise Conflict(_("Somebody has seen to this already. Reload the page to see how it is now."))
    return locked


def _change(run: ScoreRun, **fields: Any) -> None:
    ScoreRun.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()
