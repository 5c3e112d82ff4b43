"""What a caller may do: by the scopes of the token, as far as the role of its person goes now."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from curation.accounts.models import SCOPES_OF, Scope, Token, User
from curation.core.errors import NotAllowed


class ScopeMissing(NotAllowed):
    """The token does not have the scope that this call needs; `scope` says which."""

    code = "scope_missing"


class ScopeAllows(BasePermission):
    """Lets in whoever is known, where the view names a scope for the method and a token has it.

    A view says `scopes = {"GET": Scope.READ, ...}`. What it does not name is refused, and a session has every scope.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the call goes on. Raises `ScopeMissing`, which says what the token lacks."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        needed: Scope | None = getattr(view, "scopes", {}).get(method)
        if not request.user or not request.user.is_authenticated:
            return False
        if needed is None:
            # Nothing answers to a method that the view does not have.
            return not hasattr(view, method.lower())
        if isinstance(request.auth, Token) and needed not in request.auth.scopes:
            message = _("This call needs a token with the scope “%(scope)s”. Make one that has it.")
            raise ScopeMissing(message % {"scope": needed}, data={"scope": str(needed)})
        if isinstance(request.auth, Token) and needed not in scopes_now(request.user, request.auth):
            raise NotAllowed(_("Your role does not include this. Ask an admin of this workspace."))
        return True


def scopes_now(user: User, token: Token | None) -> list[Scope]:
    """Return what somebody may do by their session, or by a token: a role that was taken takes its scopes along."""
    return [scope for scope in SCOPES_OF[user.role] if token is None or scope in token.scopes]
