"""What the worker does for this room."""

from celery import shared_task

from curation.ratings_import.actions import carry_out_due
from curation.ratings_import.models import DatasetFetch

SLICE_SECONDS = 60


@shared_task(name="ratings_import.run")
def run() -> None:
    """Carry out the imports of ratings whose stories are stored."""
    carry_out_due(seconds=SLICE_SECONDS)


# A fetch renews its own lease; the limit only ends one that hangs.
@shared_task(name="ratings_import.fetch", soft_time_limit=3 * 3600, time_limit=3 * 3600 + 60)
def fetch() -> None:
    """Fetch the datasets of Argilla servers that were asked for.

    Nothing is loaded that speaks to Argilla while there is none.
    """
    if DatasetFetch.objects.filter(state__in=["pending", "running"]).exists():
        from curation.ratings_import.actions.fetches import fetch_due

        fetch_due()
