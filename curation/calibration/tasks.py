"""What the worker does for calibration."""

from celery import shared_task

from curation.calibration import actions


@shared_task(name="calibration.refit")
def refit() -> None:
    """Refit and measure what is due."""
    actions.refit_what_is_due()
