"""What the worker does for this room."""

from celery import shared_task

from curation.ratings_import.actions import carry_out_due

SLICE_SECONDS = 60


@shared_task(name="ratings_import.run")
def run() -> None:
    """Carry out the imports of ratings whose stories are stored."""
    carry_out_due(seconds=SLICE_SECONDS)
