"""Counting downloads, wherever they are asked for: on pages, by the API, by the Hub's clients."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from curation.access.actions.counting import count_download


class CountedDownloads:
    """Count a request that a view marked as fetching rows of a release, by `request.fetched`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (release := getattr(request, "fetched", None)) is not None:
            count_download(request, release)
        return response
