"""What the worker does for this room."""

from celery import shared_task

from curation.triage.actions import fill_due, start_due_runs

# Well below the worker's time limit, so that a long fill gives way and goes on in the next task.
SLICE_SECONDS = 60


@shared_task(name="triage.fill")
def fill() -> None:
    """Put the stories that were asked for into their queues."""
    fill_due(seconds=SLICE_SECONDS)


@shared_task(name="triage.start_runs")
def start_runs() -> None:
    """Start the runs of judges that were asked for."""
    start_due_runs()
