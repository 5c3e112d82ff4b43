"""Who calls: the person of a token, or somebody who is signed in by the browser."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from curation.accounts.models import Token, User
from curation.accounts.tokens import note_use, token_of

REFUSED = _("This token is unknown, was revoked, or its time is over. Make a new one on your page of tokens.")


class BearerToken(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """`Authorization: Bearer exempla_...`: knox's header, and one statement that reads the token with its person."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        """Return person and token; 401 for a token that lets nobody in."""
        try:
            found = token_of(token.decode("ascii"))
        except UnicodeDecodeError:
            found = None
        if found is None:
            raise AuthenticationFailed(REFUSED, code="token_refused")
        note_use(found)
        return found.user, found


class Session(SessionAuthentication):
    """The browser's session, with the CSRF token in `X-CSRFToken` for whatever changes something."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse what another site may have sent."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(str(error.detail), code="csrf") from error


def is_session(request: Any) -> bool:
    """Whether the caller came by the browser's session and not by a token."""
    return not isinstance(request.auth, Token)
