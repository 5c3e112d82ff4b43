"""The worker's side of purges."""

from celery import shared_task

from curation.erasure.actions import purge_due


# A purge renews its own lease; the limit only ends one that hangs.
@shared_task(name="erasure.purge", soft_time_limit=3600, time_limit=3660)
def carry_out_purges() -> None:
    """Carry out the purges that wait."""
    purge_due()
