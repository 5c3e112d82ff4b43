"""The WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from curation.core.services import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.settings")
start()
application = get_wsgi_application()
