"""A second person's word on what becomes public, and what is taken back after its release."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.conditional import changing
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by
from curation.api.serializers.releases import ReleaseSerializer
from curation.api.serializers.taking_back import (
    ApprovalDecisionSerializer,
    ApprovalSerializer,
    ReasonGivenSerializer,
    VisibilitySerializer,
    WithdrawalRequestSerializer,
    WithdrawnStorySerializer,
    WithdrawnVersionSerializer,
)
from curation.api.views.datasets import as_dataset
from curation.api.views.releases import OneRelease
from curation.core.errors import NotFound
from curation.releases.actions import (
    abandon,
    approve,
    decline,
    set_visibility,
    take_back,
    withdraw_story,
    withdraw_version,
)
from curation.releases.models import Dataset
from curation.releases.permissions import check_can_release
from curation.releases.queries.approvals import load_approval
from curation.releases.queries.find import load_dataset, load_release
from curation.releases.queries.withdrawn import named
from curation.releases.story_ids import story_of


class DatasetVisibility(Resource):
    """Who may open a dataset."""

    scopes = {"PUT": Scope.RELEASE}
    # By the ETag of the dataset.
    conditional = {"PUT"}

    @extend_schema(
        operation_id="set_visibility",
        request=VisibilitySerializer,
        responses={202: ApprovalSerializer, 204: None},
    )
    def put(self, request: Request, org: str, name: str) -> Response:
        """Say who may open a dataset: 204 when it is so, or 202 with what waits for a second person."""
        rows = Dataset.objects.visible_to(self.person).filter(org=org, name=name)
        with changing(request, rows, as_dataset) as found:
            waits = set_visibility(actor=self.person, dataset=found, **self.sent(VisibilitySerializer))
        return Response(status=204) if waits is None else Response(ApprovalSerializer(waits).data, status=202)


class Approvals(Resource):
    """What waits for a second person."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_approvals", responses=ApprovalSerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List what was asked for of a dataset and had to wait for a second person, the newest first. For curators."""
        self.asked()
        found = load_dataset(self.person, org, name)
        check_can_release(actor=self.person, dataset=found)
        rows = found.approvals.select_related("release", "asked_by", "decided_by").defer("release__manifest")
        return self.page(rows, lambda rows: ApprovalSerializer(rows, many=True).data)


class OneApproval(Resource):
    """Something that waits for a second person."""

    scopes = {"POST": Scope.RELEASE}

    def newest(self) -> Response:
        """How it stands by now."""
        dataset = load_dataset(self.person, self.kwargs["org"], self.kwargs["name"])
        check_can_release(actor=self.person, dataset=dataset)
        return Response(ApprovalSerializer(load_approval(dataset, self.kwargs["pk"])).data)

    @extend_schema(operation_id="decide_approval", request=ApprovalDecisionSerializer, responses=ApprovalSerializer)
    @once
    def post(self, request: Request, org: str, name: str, pk: int) -> Response:
        """Approve what another asked for, decline it, or take it back."""
        dataset, said = load_dataset(self.person, org, name), self.sent(ApprovalDecisionSerializer)
        found = load_approval(dataset, pk)
        if said["move"] == "approve":
            approve(actor=self.person, approval=found)
        else:
            act = decline if said["move"] == "decline" else take_back
            act(actor=self.person, approval=found, reason=said["reason"])
        return Response(ApprovalSerializer(load_approval(dataset, pk)).data)


class ReleaseAbandon(Resource):
    """A failed version given up."""

    scopes = {"POST": Scope.RELEASE}
    newest = shown_by(OneRelease)

    @extend_schema(operation_id="abandon_release", request=ReasonGivenSerializer, responses=ReleaseSerializer)
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Give a failed version up: it is never built, and its name is never used again."""
        found = load_release(self.person, org, name, version)
        abandon(actor=self.person, release=found, **self.sent(ReasonGivenSerializer))
        return Response(ReleaseSerializer(load_release(self.person, org, name, version)).data)


class ReleaseWithdrawal(Resource):
    """A version taken back."""

    scopes = {"GET": Scope.READ, "POST": Scope.RELEASE}
    newest = shown_by(OneRelease)

    @extend_schema(operation_id="get_withdrawal", responses=WithdrawnVersionSerializer)
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """Why a version should not be used any more; 404 for one that is not withdrawn."""
        self.asked()
        found = load_release(self.person, org, name, version)
        if not hasattr(found, "withdrawn"):
            raise NotFound(_("This version is not withdrawn."))
        return Response(WithdrawnVersionSerializer(found.withdrawn).data)

    @extend_schema(
        operation_id="withdraw_release", request=ReasonGivenSerializer, responses={201: WithdrawnVersionSerializer}
    )
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Say of a built version that it should not be used any more, for good. It stays under its name."""
        found = load_release(self.person, org, name, version)
        made = withdraw_version(actor=self.person, release=found, **self.sent(ReasonGivenSerializer))
        return Response(WithdrawnVersionSerializer(made).data, status=201)


class WithdrawnStories(Resource):
    """Stories taken back."""

    scopes = {"GET": Scope.READ, "POST": Scope.RELEASE}
    paged = True

    @extend_schema(operation_id="list_withdrawn_stories", responses=WithdrawnStorySerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List the stories that go into no later version of a dataset, with the reasons."""
        self.asked()
        found = load_dataset(self.person, org, name)
        rows = named(found.withdrawn_stories.all()).select_related("withdrawn_by")
        return self.page(rows, lambda rows: WithdrawnStorySerializer(rows, many=True).data)

    @extend_schema(
        operation_id="withdraw_story", request=WithdrawalRequestSerializer, responses={201: WithdrawnStorySerializer}
    )
    @once
    def post(self, request: Request, org: str, name: str) -> Response:
        """Leave a story out of every later version of a dataset, for good. Make a version without it afterwards."""
        said, found = self.sent(WithdrawalRequestSerializer), load_dataset(self.person, org, name)
        story = story_of(said["story"])
        made = withdraw_story(actor=self.person, dataset=found, story=story, reason=said["reason"])
        return Response(WithdrawnStorySerializer(made).data, status=201)
