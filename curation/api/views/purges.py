"""Purging stories, and erasing people. For admins."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope, User
from curation.api.idempotency import once
from curation.api.resource import Resource, only, shown_by, with_location
from curation.api.serializers.purges import (
    DeclinedPurgeSerializer,
    ErasedSerializer,
    FollowedSerializer,
    NewPurgeSerializer,
    PurgeSerializer,
)
from curation.api.views.people import OnePerson
from curation.erasure.actions import (
    approve_purge,
    ask_purge,
    decline_purge,
    erase_person,
    follow_up,
    retry_purge,
    take_purge_back,
)
from curation.erasure.finding import purges_for
from curation.erasure.models import Purge
from curation.erasure.permissions import check_can_purge
from curation.releases.queries.find import load_dataset, split_name
from curation.stories.queries import load_story


class ForPurgers(Resource):
    """What only admins may do."""

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Go on if the caller may purge."""
        super().initial(request, *args, **named)
        check_can_purge(actor=self.person)

    def found(self, pk: int) -> Purge:
        """Return the purge; `NotFound` if there is none."""
        return only(purges_for(self.person), _("There is no such purge."), pk=pk)

    def told(self, pk: int) -> dict[str, Any]:
        """Return the purge as it is now."""
        return dict(PurgeSerializer(self.found(pk)).data)


class StoryPurge(ForPurgers):
    """The purge of a story."""

    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="purge_story", request=NewPurgeSerializer, responses={202: PurgeSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Destroy a story, for good: its words, wherever they are kept, and every file of a release that has them. A
        worker does it, or a second admin has to approve it first: see `state`."""
        made = ask_purge(actor=self.person, story=load_story(self.person, pk), **self.sent(NewPurgeSerializer))
        return with_location(self.told(made.pk), reverse("api:purge", args=[made.pk]), status=202)


class Purges(ForPurgers):
    """All purges."""

    scopes = {"GET": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_purges", responses=PurgeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the purges, the newest first."""
        self.asked()
        found = purges_for(self.person).prefetch_related("follow_ups__dataset", "follow_ups__release")
        return self.page(found, lambda rows: PurgeSerializer(rows, many=True).data)


class OnePurge(ForPurgers):
    """A purge."""

    scopes = {"GET": Scope.ADMIN}

    @extend_schema(operation_id="get_purge", responses=PurgeSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One purge: how far it is, and what followed."""
        self.asked()
        return Response(self.told(pk))


class PurgeApproval(ForPurgers):
    """A second person's yes."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePurge)

    @extend_schema(operation_id="approve_purge", request=None, responses=PurgeSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let a purge begin that another admin asked for."""
        approve_purge(actor=self.person, purge=self.found(pk))
        return Response(self.told(pk))


class PurgeDeclining(ForPurgers):
    """A second person's no."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePurge)

    @extend_schema(operation_id="decline_purge", request=DeclinedPurgeSerializer, responses=PurgeSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Refuse a purge that another admin asked for, with the reason."""
        found = self.found(pk)
        decline_purge(actor=self.person, purge=found, reason=self.sent(DeclinedPurgeSerializer)["reason"])
        return Response(self.told(pk))


class PurgeTakingBack(ForPurgers):
    """Asking no longer."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePurge)

    @extend_schema(operation_id="take_purge_back", request=None, responses=PurgeSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Ask for a purge no longer, while it awaits approval."""
        take_purge_back(actor=self.person, purge=self.found(pk))
        return Response(self.told(pk))


class PurgeRetry(ForPurgers):
    """Another try."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePurge)

    @extend_schema(operation_id="retry_purge", request=None, responses=PurgeSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let a failed purge go on from where it was."""
        retry_purge(actor=self.person, purge=self.found(pk))
        return Response(self.told(pk))


class PurgeFollowing(ForPurgers):
    """The version that is to follow."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePurge)

    @extend_schema(operation_id="follow_purge", request=FollowedSerializer, responses=PurgeSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Try again to start the version without the story, for a dataset for which none could be started."""
        found = self.found(pk)
        dataset = load_dataset(self.person, *split_name(self.sent(FollowedSerializer)["dataset"]))
        follow_up(actor=self.person, purge=found, dataset=dataset)
        return Response(self.told(pk))


class PersonErasing(ForPurgers):
    """Somebody who asks to be forgotten."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePerson)

    @extend_schema(operation_id="erase_person", request=ErasedSerializer, responses={204: None})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Forget who somebody was, for good: names, address, sessions, tokens and the secrets behind their pseudonyms.
        Their ratings stay, under the pseudonyms, and their account stays closed."""
        person = only(User.objects.all(), _("There is no such person."), pk=pk)
        sent = self.sent(ErasedSerializer)
        erase_person(
            actor=self.person, user=person, with_comments=sent["with_comments"], confirmed_name=sent["username"]
        )
        return Response(status=204)
