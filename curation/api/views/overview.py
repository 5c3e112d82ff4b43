"""What a curator sees first, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.permissions import check_can_run_queues
from curation.accounts.models import Scope
from curation.api.resource import Resource
from curation.api.serializers.overview import OverviewSerializer
from curation.overview.whole import overview_of


class CuratorsOverview(Resource):
    """The home page of curators."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_overview", responses=OverviewSerializer)
    def get(self, request: Request) -> Response:
        """Where the stories stand, what needs a curator, what is under way or has stopped, and how reviewing goes:
        pace, agreement and flags, person by person. For curators and admins, each as far as they may know it."""
        self.asked()
        check_can_run_queues(actor=self.person)
        return Response(OverviewSerializer(overview_of(self.person)).data)
