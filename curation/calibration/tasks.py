"""What the worker does for calibration."""

from celery import shared_task

from curation.calibration import actions


# A fit takes longer than other tasks; still less than the time after which Redis would hand it to a second worker.
@shared_task(name="calibration.refit", soft_time_limit=540, time_limit=570)
def refit() -> None:
    """Refit, measure and combine what is due."""
    actions.refit_what_is_due()
    actions.combine_what_is_due()
