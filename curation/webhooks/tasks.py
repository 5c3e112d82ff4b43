"""What the worker does for this room."""

from celery import shared_task

from curation.webhooks.actions import anything_due, discard_old


# A slice ends by itself; the limit only ends one that hangs.
@shared_task(name="webhooks.send", soft_time_limit=120, time_limit=150)
def send() -> None:
    """Send what is due. Nothing is loaded that speaks to the network while nothing is."""
    if anything_due():
        from curation.webhooks.delivering import deliver

        deliver()


@shared_task(name="webhooks.discard_old")
def discard() -> None:
    """Drop messages that are older than anybody asks about."""
    discard_old()
