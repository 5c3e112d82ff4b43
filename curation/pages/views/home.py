"""The home page, which differs by role."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """What this person can do next."""
    return render(request, "pages/home.html")
