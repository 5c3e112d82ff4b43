"""Invitations: links by which people make their own accounts. For admins."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Queue
from curation.accounts.invitations import invite, open_invitations, withdraw_invitation
from curation.accounts.models import Invitation, Scope
from curation.api.idempotency import once
from curation.api.resource import only, shown_by, with_location
from curation.api.serializers.people import InvitationSerializer, MadeInvitationSerializer, NewInvitationSerializer
from curation.api.views.people import ForAccountKeepers


class Invitations(ForAccountKeepers):
    """All that can still be used."""

    scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_invitations", responses=InvitationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the invitations that can still be used, without their links."""
        self.asked()
        return self.page(open_invitations(), as_invitations)

    @extend_schema(
        operation_id="create_invitation", request=NewInvitationSerializer, responses={201: MadeInvitationSerializer}
    )
    @once
    def post(self, request: Request) -> Response:
        """Make an invitation. The answer has its link this once: hand it on to the person it is for."""
        said = self.sent(NewInvitationSerializer)
        queues = [queue.pk for queue in said.pop("queues", [])]
        made, secret = invite(actor=self.person, queues=queues, **said)
        link = request.build_absolute_uri(reverse("invitation", args=[secret]))
        known = as_invitations([made])[0]
        answer = with_location({**known, "link": link}, reverse("api:invitation", args=[made.pk]))
        answer.kept = {**known, "link": None}  # type: ignore[attr-defined]
        return answer


class OneInvitation(ForAccountKeepers):
    """An invitation."""

    scopes = {"GET": Scope.ADMIN, "DELETE": Scope.ADMIN}
    newest = shown_by()

    @extend_schema(operation_id="get_invitation", responses=InvitationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One invitation that can still be used, without its link."""
        self.asked()
        return Response(as_invitations([load_invitation(pk)])[0])

    @extend_schema(operation_id="withdraw_invitation", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Take an invitation back. Its link no longer works."""
        withdraw_invitation(actor=self.person, invitation=load_invitation(pk))
        return Response(status=204)


def load_invitation(pk: int) -> Invitation:
    """Return an invitation that can still be used; `NotFound` for none."""
    return only(open_invitations(), _("There is no such invitation."), pk=pk)


def as_invitations(rows: list[Invitation]) -> Any:
    """Return the representation of invitations, in one more statement."""
    wanted = {pk for row in rows for pk in row.queues}
    slugs = dict(Queue.objects.filter(pk__in=wanted).values_list("pk", "slug"))
    told = InvitationSerializer(rows, many=True).data
    return [
        {**said, "queues": [slugs[pk] for pk in row.queues if pk in slugs]}
        for said, row in zip(told, rows, strict=True)
    ]
