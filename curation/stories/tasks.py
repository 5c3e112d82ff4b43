"""What the worker does for this room. A task looks for due rows, and returns if there are none."""

from celery import shared_task

from curation.core.errors import Conflict
from curation.stories.ingest import claim, run_import

# Well below the worker's time limit, so that a long import gives way and goes on in the next task.
SLICE_SECONDS = 60


@shared_task(name="stories.import")
def import_stories() -> None:
    """Carry out one waiting import, or a slice of it."""
    if run := claim():
        try:
            run_import(run=run, seconds=SLICE_SECONDS)
        except Conflict:
            return
