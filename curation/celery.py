"""The Celery application. Redis carries messages alone: every piece of work is a row in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.settings")

app = Celery("exempla")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
