"""Stories that are to be written again."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import recuse_from
from annotations.models import Saw
from annotations.queries.rewrites import rewrite_requests_for
from curation.accounts.models import Scope
from curation.api.resource import Resource
from curation.api.serializers.rewrites import RewriteFilterSerializer, RewriteRequestSerializer
from curation.stories.models import RewriteRequest
from curation.stories.permissions import check_can_browse


class RewriteRequests(Resource):
    """All requests for rewrites."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(
        operation_id="list_rewrite_requests",
        parameters=[RewriteFilterSerializer],
        responses=RewriteRequestSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List the stories that are to be written again, the newest request first. For curators and admins.

        Whoever sees them is not given those stories to review any more; stories that you may still be asked to review
        are left out.
        """
        check_can_browse(actor=self.person)
        self.noted_look()
        given, rows = self.asked(RewriteFilterSerializer), rewrite_requests_for(self.person)
        if "open" in given:
            rows = rows.filter(claimed_at__isnull=given["open"])

        def show(found: list[RewriteRequest]) -> object:
            recuse_from(user=self.person, stories=[one.story_id for one in found], saw=Saw.REVIEWS)
            return RewriteRequestSerializer(found, many=True).data

        return self.page(rows, show)
