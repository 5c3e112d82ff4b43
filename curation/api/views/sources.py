"""Where stories come from."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, only, with_location
from curation.api.serializers.sources import NewSourceSerializer, SourceSerializer
from curation.stories.actions import create_source
from curation.stories.permissions import check_can_browse
from curation.stories.queries import sources_for


class Sources(Resource):
    """All sources."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_sources", responses=SourceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the sources, the newest first. For curators and admins."""
        self.asked()
        check_can_browse(actor=self.person)
        return self.page(sources_for(self.person), lambda rows: SourceSerializer(rows, many=True).data)

    @extend_schema(operation_id="create_source", request=NewSourceSerializer, responses={201: SourceSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Make a source. 409 where there is one of that name, in whatever letter case."""
        self.asked()
        source = create_source(actor=self.person, **self.sent(NewSourceSerializer))
        return with_location(SourceSerializer(source).data, reverse("api:source", args=[source.pk]))


class OneSource(Resource):
    """A source."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_source", responses=SourceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A source."""
        self.asked()
        return Response(SourceSerializer(only(sources_for(self.person), _("There is no such source."), pk=pk)).data)
