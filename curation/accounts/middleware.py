"""The language that a person chose for themselves."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class OwnLanguage:
    """Speak the language that a signed-in person chose; without a choice it stays as the browser asked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and (language := request.user.settings.language):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)
