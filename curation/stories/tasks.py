"""What the worker does for this room. A task looks for due rows, and returns if there are none."""

import time

from celery import shared_task

from curation.core.leases import LeaseLost
from curation.stories.actions import discard_abandoned
from curation.stories.actions.checking import check_slice
from curation.stories.actions.importing import claim, run_import

# Well below the worker's time limit, so that a long import or check gives way and goes on in the next task.
SLICE_SECONDS = 60


@shared_task(name="stories.import")
def import_stories() -> None:
    """Carry out one waiting import, or a slice of it."""
    if run := claim():
        try:
            run_import(run=run, seconds=SLICE_SECONDS)
        except LeaseLost:
            return


# A slice takes a few seconds; what has taken longer than this hangs at one story.
@shared_task(name="stories.check", soft_time_limit=2 * SLICE_SECONDS, time_limit=2 * SLICE_SECONDS + 30)
def check_stories() -> None:
    """Check stored stories, slice by slice."""
    until = time.monotonic() + SLICE_SECONDS
    while check_slice() and time.monotonic() < until:
        pass


@shared_task(name="stories.discard_abandoned")
def discard_abandoned_uploads() -> None:
    """Remove uploads that nobody went on to import."""
    discard_abandoned()
