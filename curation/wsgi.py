"""The WSGI entry point for gunicorn."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connections

from curation.core.services import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.settings")
start()
_answer = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request; its database connection is free again before anybody reads, however slowly, what was said."""
    answer = _answer(environ, start_response)
    connections.close_all()
    return answer
