"""Who is signed in, and the language that they chose for themselves."""

from collections.abc import Callable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from curation.accounts.sessions import person_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Person(AuthenticationMiddleware):
    """Say who is signed in, as Django does, by the statement that reads the session."""

    def process_request(self, request: HttpRequest) -> None:
        """Look when somebody asks."""
        super().process_request(request)
        request.session.agent = request.headers.get("User-Agent", "")  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(lambda: person_of(request))  # type: ignore[assignment]


class OwnLanguage:
    """Speak the language that a signed-in person chose; without a choice it stays as the browser asked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and (language := request.user.settings.language):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)
