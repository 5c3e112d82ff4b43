"""What a worker does for the human side."""

from celery import shared_task

from annotations.actions import claiming
from annotations.actions.completing import complete_queues


@shared_task(name="annotations.expire")
def expire() -> None:
    """Free the seats of all claims whose lease ran out, and note the queues that are completed."""
    while claiming.expire() == claiming.EXPIRED_AT_ONCE:
        pass
    complete_queues()
