"""What stories are judged against."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, only, with_location
from curation.api.serializers.standards import (
    KINDS,
    NewStandardSerializer,
    StandardInFullSerializer,
    StandardSerializer,
)
from curation.standards.actions import import_file
from curation.standards.models import Rubric
from curation.standards.permissions import check_can_edit_standards
from curation.standards.queries import load_standard, standards_of
from curation.standards.schema import kind_of

KIND = OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=KINDS)


class Standards(Resource):
    """All standards."""

    scopes = {"POST": Scope.CURATE}

    @extend_schema(
        operation_id="import_standard", request=NewStandardSerializer, responses={201: StandardInFullSerializer}
    )
    @once
    def post(self, request: Request) -> Response:
        """Import a constitution, a rubric or an acceptance policy. For curators and admins.

        The same name and version again replaces it, until it is in use.
        """
        self.asked()
        check_can_edit_standards(actor=self.person)
        sent = self.sent(NewStandardSerializer)
        content, rubric = sent["content"].encode(), None
        if "rubric_id" in sent:
            rubric = only(Rubric.objects.all(), _("There is no such standard."), pk=sent["rubric_id"])
        kind = kind_of(content)
        stored = import_file(actor=self.person, kind=kind, content=content, rubric=rubric)
        return with_location(StandardInFullSerializer(stored).data, reverse("api:standard", args=[kind, stored.pk]))


class StandardsOfKind(Resource):
    """All standards of a kind."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_standards", parameters=[KIND], responses=StandardSerializer(many=True))
    def get(self, request: Request, kind: str) -> Response:
        """List the versions of the constitutions, rubrics or acceptance policies, the newest first."""
        self.asked()
        return self.page(standards_of(kind), lambda found: StandardSerializer(found, many=True).data)


class OneStandard(Resource):
    """A standard."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_standard", parameters=[KIND], responses=StandardInFullSerializer)
    def get(self, request: Request, kind: str, pk: int) -> Response:
        """A version of a constitution, a rubric or an acceptance policy, with its content."""
        self.asked()
        return Response(StandardInFullSerializer(load_standard(kind, pk)).data)
