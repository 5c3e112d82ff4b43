"""The worker's side of the pages for researchers."""

from celery import shared_task

from curation.research.actions import make_profiles_due


@shared_task(name="research.profile", soft_time_limit=1800, time_limit=1860)
def profile() -> None:
    """Count the releases that are not counted yet."""
    make_profiles_due()
