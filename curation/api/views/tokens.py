"""The caller's own tokens. They are made on a page: a token that leaked cannot make itself successors."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope, Token
from curation.accounts.tokens import revoke_token, tokens_of
from curation.api.resource import Resource, only
from curation.api.serializers.accounts import TokenSerializer
from curation.core.errors import NotAllowed


class Tokens(Resource):
    """All of one's tokens."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_tokens", responses=TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List your tokens, without their secrets; revoked ones are left out."""
        self.asked()
        return self.page(tokens_of(self.person), lambda rows: TokenSerializer(rows, many=True).data)


class OneToken(Resource):
    """A token."""

    # Whoever found a token can at least end it.
    scopes = {"GET": Scope.READ, "DELETE": Scope.READ}

    @extend_schema(operation_id="get_token", responses=TokenSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One of your tokens."""
        self.asked()
        return Response(TokenSerializer(self._load(pk)).data)

    @extend_schema(operation_id="revoke_token", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Revoke one of your tokens at once, this one too. A token ends none that may do more than itself."""
        token, own = self._load(pk), request.auth
        if isinstance(own, Token) and not set(token.scopes) <= set(own.scopes):
            raise NotAllowed(_("That token may do more than this one. Revoke it on your page of tokens."))
        revoke_token(actor=self.person, token=token)
        return Response(status=204)

    def _load(self, pk: int) -> Token:
        return only(tokens_of(self.person), _("You have no such token."), pk=pk)
