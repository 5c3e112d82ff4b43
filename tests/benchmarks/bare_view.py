"""A Django site of one view, for what a request costs that does nothing: 5 KB of text, without middleware."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="not a secret", MIDDLEWARE=[])


def bare(request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("x" * 5_000, headers={"Content-Length": "5000"})


urlpatterns = [path("", bare)]
django.setup()
application = get_wsgi_application()
