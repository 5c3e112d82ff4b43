"""Published copies of versions, and the targets that they go to."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.publishing import (
    AtTargetSerializer,
    NewTargetSerializer,
    NewTokenSerializer,
    PlanSerializer,
    PublicationSerializer,
    SeenHeadSerializer,
    TargetSerializer,
)
from curation.publishing.actions import (
    accept_head,
    create_target,
    make_public,
    publish,
    remove_target,
    replace_token,
    retry,
)
from curation.publishing.permissions import check_can_keep_targets, check_can_publish
from curation.publishing.queries import load_publication, load_target, publications_of, targets_of
from curation.releases.queries.find import load_dataset, load_release


class Targets(Resource):
    """Where versions of a dataset may be published."""

    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_targets", responses=TargetSerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List the targets of a dataset. For those who may release it."""
        self.asked()
        found = load_dataset(self.person, org, name)
        check_can_publish(actor=self.person, dataset=found)
        return self.page(targets_of(found), lambda rows: TargetSerializer(rows, many=True).data)

    @extend_schema(operation_id="create_target", request=NewTargetSerializer, responses={201: TargetSerializer})
    @once
    def post(self, request: Request, org: str, name: str) -> Response:
        """Add a target of a dataset, with its token. For admins."""
        check_can_keep_targets(actor=self.person)
        found = load_dataset(self.person, org, name)
        made = create_target(actor=self.person, dataset=found, **self.sent(NewTargetSerializer))
        return with_location(TargetSerializer(made).data, reverse("api:target", args=[made.pk]))


class OneTarget(Resource):
    """A target."""

    scopes = {"GET": Scope.READ, "DELETE": Scope.ADMIN}
    newest = shown_by()

    @extend_schema(operation_id="get_target", responses=TargetSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One target, without its token."""
        self.asked()
        return Response(TargetSerializer(load_target(self.person, pk)).data)

    @extend_schema(operation_id="remove_target", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Forget a target's token and publish nothing more there. What is there stays. For admins."""
        check_can_keep_targets(actor=self.person)
        remove_target(actor=self.person, target=load_target(self.person, pk))
        return Response(status=204)


class TargetToken(Resource):
    """Another token."""

    scopes = {"PUT": Scope.ADMIN}
    newest = shown_by(OneTarget)

    @extend_schema(operation_id="replace_target_token", request=NewTokenSerializer, responses=TargetSerializer)
    def put(self, request: Request, pk: int) -> Response:
        """Give a target another token. For admins."""
        check_can_keep_targets(actor=self.person)
        found = load_target(self.person, pk)
        return Response(
            TargetSerializer(replace_token(actor=self.person, target=found, **self.sent(NewTokenSerializer))).data
        )


class Publications(Resource):
    """The published copies of a version."""

    scopes = {"GET": Scope.READ, "POST": Scope.RELEASE}
    paged = True

    @extend_schema(operation_id="list_publications", responses=PublicationSerializer(many=True))
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """List where a version is published, and how that goes. For those who may release the dataset."""
        self.asked()
        found = load_release(self.person, org, name, version)
        check_can_publish(actor=self.person, dataset=found.dataset)
        return self.page(publications_of(found), lambda rows: PublicationSerializer(rows, many=True).data)

    @extend_schema(operation_id="publish_release", request=AtTargetSerializer, responses={202: PublicationSerializer})
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Publish a version at a target. It goes on by itself: look at its address until `state` is `done`, or `failed`
        with a `problem`. Asking again gives what there is."""
        found = load_release(self.person, org, name, version)
        check_can_publish(actor=self.person, dataset=found.dataset)
        target = load_target(self.person, self.sent(AtTargetSerializer)["target"])
        made = publish(actor=self.person, release=found, target=target)
        address = reverse("api:publication", args=[made.pk])
        return with_location(shown(self, made.pk), address, status=202)


class PublicationPlan(Resource):
    """What publishing would do."""

    scopes = {"POST": Scope.RELEASE}

    @extend_schema(operation_id="plan_publication", request=AtTargetSerializer, responses=PlanSerializer)
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Ask the Hub what publishing a version at a target would change, file by file. Nothing is changed."""
        # Only whoever asks a Hub needs what speaks to the network.
        from curation.publishing.previewing import preview

        found = load_release(self.person, org, name, version)
        check_can_publish(actor=self.person, dataset=found.dataset)
        target = load_target(self.person, self.sent(AtTargetSerializer)["target"])
        return Response(PlanSerializer(preview(actor=self.person, release=found, target=target)).data)


class OnePublication(Resource):
    """A version at a target."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_publication", responses=PublicationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One publication, and how far it is."""
        self.asked()
        return Response(shown(self, pk))


class PublicationRetry(Resource):
    """Another try."""

    scopes = {"POST": Scope.RELEASE}
    newest = shown_by(OnePublication)

    @extend_schema(operation_id="retry_publication", request=None, responses={202: PublicationSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Carry out again what failed. What is done of it is not done again."""
        retry(actor=self.person, publication=load_publication(self.person, pk))
        return Response(shown(self, pk), status=202)


class PublicationAcceptance(Resource):
    """Going on from what somebody else has committed."""

    scopes = {"POST": Scope.RELEASE}
    newest = shown_by(OnePublication)

    @extend_schema(
        operation_id="accept_publication_head", request=SeenHeadSerializer, responses={202: PublicationSerializer}
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Go on from a commit of somebody else. Its files stay, but where the version has its own."""
        found = load_publication(self.person, pk)
        accept_head(actor=self.person, publication=found, **self.sent(SeenHeadSerializer))
        return Response(shown(self, pk), status=202)


class PublicationOpening(Resource):
    """A repository for everybody."""

    scopes = {"POST": Scope.RELEASE}
    newest = shown_by(OnePublication)

    @extend_schema(operation_id="make_publication_public", request=None, responses={202: PublicationSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Make the repository of a publication public, with every version in it. The dataset must be public here."""
        make_public(actor=self.person, publication=load_publication(self.person, pk))
        return Response(shown(self, pk), status=202)


def shown(view: Resource, pk: int) -> Any:
    """Return the representation of a publication."""
    return PublicationSerializer(load_publication(view.person, pk)).data
