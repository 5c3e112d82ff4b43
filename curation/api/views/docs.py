"""The description of the API for programs, and the same for people, to try calls in."""

from functools import lru_cache
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

SCHEMA = Path(__file__).resolve().parents[1] / "openapi.json"


@lru_cache(maxsize=1)
def described() -> bytes:
    """Return the OpenAPI document, which `make check` compares with the code."""
    return SCHEMA.read_bytes()


@require_GET
@login_not_required
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, as JSON. Like the program, it is no secret."""
    return HttpResponse(described(), content_type="application/vnd.oai.openapi+json")


@require_GET
@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    """All calls, to read and, once signed in, to try."""
    return render(request, "api/docs.html")
