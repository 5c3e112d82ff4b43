"""Who reviews in a queue."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import add_member, remove_member
from annotations.permissions import check_can_run_queues
from annotations.queries import queue_of
from annotations.queries.people import members_of
from curation.accounts.models import Scope, User
from curation.api.resource import Resource, only
from curation.api.serializers.queues import MemberSerializer, NewMembersSerializer
from curation.core.errors import InvalidInput


def people_named(usernames: Collection[str]) -> list[User]:
    """Return the people of these names, in their order; `InvalidInput` names one that nobody has."""
    found = User.objects.filter(username__in=usernames).in_bulk(field_name="username")
    if strange := [name for name in usernames if name not in found]:
        raise InvalidInput(_("There is nobody called “%(name)s”.") % {"name": strange[0]})
    return [found[name] for name in dict.fromkeys(usernames)]


class Members(Resource):
    """Everybody who reviews in a queue."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_members", responses=MemberSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the reviewers of a queue, with how many reviews of theirs are in; for curators."""
        check_can_run_queues(actor=self.person)
        self.asked()
        members = members_of(queue_of(self.person, slug))
        return self.page(members, lambda people: MemberSerializer(people, many=True).data)

    @extend_schema(
        operation_id="add_members", request=NewMembersSerializer, responses={200: MemberSerializer(many=True)}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Let people review in a queue, all of them or none, and answer with them. Whoever does already, still does."""
        check_can_run_queues(actor=self.person)
        queue, names = queue_of(self.person, slug), self.sent(NewMembersSerializer)["usernames"]
        with transaction.atomic():
            # In one order, so that two such calls do not wait for each other.
            for person in sorted(people_named(names), key=lambda person: person.pk):
                add_member(actor=self.person, queue=queue, user=person)
        return Response(MemberSerializer(members_of(queue).filter(username__in=names), many=True).data)


class OneMember(Resource):
    """Somebody who reviews in a queue."""

    scopes = {"DELETE": Scope.CURATE}

    @extend_schema(operation_id="remove_member", responses={204: None})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Take somebody out of a queue. A story they hold goes to others; their reviews and drafts stay."""
        check_can_run_queues(actor=self.person)
        queue = queue_of(self.person, slug)
        person = only(members_of(queue), _("Nobody of that name reviews in this queue."), username=username)
        remove_member(actor=self.person, queue=queue, user=person)
        return Response(status=204)
