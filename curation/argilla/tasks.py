"""What the worker does for this room."""

from celery import shared_task

from curation.argilla.models import Link, Listener


# A link renews its own lease; the limit only ends one that hangs.
@shared_task(name="argilla.sync", soft_time_limit=3 * 3600, time_limit=3 * 3600 + 60)
def sync() -> None:
    """Carry out a round of every link that is due, and have their servers call here.

    Nothing is loaded that speaks to Argilla while there is none.
    """
    if Link.objects.filter(state__in=["pending", "running"]).exists() or Listener.objects.exists():
        from curation.argilla.carrying import carry_out_due
        from curation.argilla.listening import keep_listening

        keep_listening()
        carry_out_due()
