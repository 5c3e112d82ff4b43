"""What the worker does for this room."""

from celery import shared_task

from curation.publishing.actions import follow_withdrawals
from curation.publishing.models import Publication


# A publication renews its own lease; the limit only ends one that hangs.
@shared_task(name="publishing.run", soft_time_limit=3 * 3600, time_limit=3 * 3600 + 60)
def run() -> None:
    """Carry out the publications that wait. Nothing is loaded that speaks to a Hub while none does."""
    if Publication.objects.filter(state__in=["pending", "running"]).exists():
        from curation.publishing.carrying import carry_out_due

        carry_out_due()


@shared_task(name="publishing.follow")
def follow() -> None:
    """Look for withdrawals that a published copy does not tell of yet."""
    follow_withdrawals()
