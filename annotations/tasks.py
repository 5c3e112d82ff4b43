"""What a worker does for the human side."""

from celery import shared_task

from annotations.actions import claiming


@shared_task(name="annotations.expire")
def expire() -> None:
    """Free the seats of all claims whose lease ran out."""
    while claiming.expire() == claiming.EXPIRED_AT_ONCE:
        pass
