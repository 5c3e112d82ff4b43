"""What the worker does for this room."""

from celery import shared_task

from curation.api.idempotency import forget_old_calls


@shared_task(name="api.forget_calls")
def forget_calls() -> None:
    """Remove the answers that are kept for calls which came with a key, once they are old."""
    while forget_old_calls():
        pass
