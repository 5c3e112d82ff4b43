"""What the worker does for scoring. Beat sends all of it; a lost message costs seconds."""

from celery import shared_task

from curation.scoring import actions, judging


@shared_task(name="scoring.run")
def run() -> None:
    """Score what is due."""
    actions.work()


@shared_task(name="scoring.sweep")
def sweep() -> None:
    """Find undecided stories that went on before they were scored, and those that wait for no judge any more."""
    actions.create_jobs(everywhere=True)
    actions.clear_cancelled()
    actions.move_on()
    actions.finish_runs()
    actions.follow_rules()


# It ends by itself. While the database is away it keeps what was paid for, for as long as an hour.
@shared_task(name="judging.run", soft_time_limit=3540, time_limit=3600)
def judge() -> None:
    """Ask models for the runs that are running."""
    judging.judge()
