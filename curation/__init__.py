"""The Exempla project: the pipeline from imported story to published release."""

from curation.celery import app as celery_app

__all__ = ["celery_app"]
