"""Who calls."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope, Token
from curation.api.resource import Resource
from curation.api.scopes import scopes_now
from curation.api.serializers.accounts import MeSerializer


class Me(Resource):
    """The caller."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Say who calls, and what they may do: a first call to try a token with."""
        self.asked()
        user, token = self.person, request.auth if isinstance(request.auth, Token) else None
        said = {
            "username": user.username,
            "shown_name": user.shown_name,
            "role": user.role,
            "scopes": scopes_now(user, token),
            "token_id": token.pk if token else None,
        }
        return Response(MeSerializer(said).data)
