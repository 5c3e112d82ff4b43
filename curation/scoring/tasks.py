"""What the worker does for scoring. Beat sends both; a lost message costs seconds."""

from celery import shared_task

from curation.scoring import actions


@shared_task(name="scoring.run")
def run() -> None:
    """Score what is due."""
    actions.work()


@shared_task(name="scoring.sweep")
def sweep() -> None:
    """Find undecided stories that went on before they were scored, and those that wait for no judge any more."""
    actions.create_jobs(everywhere=True)
    actions.move_on()
    actions.settle_runs()
    actions.follow_rules()
