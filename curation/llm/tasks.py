"""What the worker does for this room."""

from celery import shared_task

from curation.llm.actions import settle_lost


@shared_task(name="llm.settle_lost")
def settle() -> None:
    """Count what calls kept back whose callers have gone."""
    settle_lost()
