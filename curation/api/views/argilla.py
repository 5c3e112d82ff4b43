"""Argilla servers, the queues that are linked to them, and who answers there."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.permissions import check_can_run_queues
from annotations.queries import queue_of
from curation.accounts.models import Scope, User
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.argilla import (
    ArgillaAccountSerializer,
    ArgillaLinkSerializer,
    ArgillaServerSerializer,
    MappedAccountSerializer,
    NewArgillaKeySerializer,
    NewArgillaLinkSerializer,
    NewArgillaServerSerializer,
    OneArgillaLinkSerializer,
    WaitingAnswerSerializer,
)
from curation.argilla.actions import (
    create_link,
    create_server,
    end_link,
    map_account,
    remove_server,
    replace_key,
    sync_link,
)
from curation.argilla.permissions import check_can_keep_servers
from curation.argilla.queries import accounts, links, load_account, load_link, load_server, servers, waiting_for
from curation.core.errors import InvalidInput
from curation.triage.queries import load_judge


class ArgillaServers(Resource):
    """The servers that are spoken to."""

    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_argilla_servers", responses=ArgillaServerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the Argilla servers that queues may be linked to. For curators and admins."""
        self.asked()
        check_can_run_queues(actor=self.person)
        return self.page(servers(), lambda rows: ArgillaServerSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_argilla_server",
        request=NewArgillaServerSerializer,
        responses={201: ArgillaServerSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Add an Argilla server, with a key. Nothing is sent to it yet. For admins."""
        made = create_server(actor=self.person, **self.sent(NewArgillaServerSerializer))
        return with_location(ArgillaServerSerializer(made).data, reverse("api:argilla_server", args=[made.pk]))


class OneArgillaServer(Resource):
    """A server."""

    scopes = {"GET": Scope.ADMIN, "DELETE": Scope.ADMIN}
    newest = shown_by()

    @extend_schema(operation_id="get_argilla_server", responses=ArgillaServerSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One Argilla server, without its key. For admins."""
        self.asked()
        return Response(ArgillaServerSerializer(load_server(self.person, pk)).data)

    @extend_schema(operation_id="remove_argilla_server", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Forget a server's key and speak to it no more. What came from it stays. For admins."""
        remove_server(actor=self.person, server=load_server(self.person, pk))
        return Response(status=204)


class ArgillaServerKey(Resource):
    """Another key."""

    scopes = {"PUT": Scope.ADMIN}
    newest = shown_by(OneArgillaServer)

    @extend_schema(
        operation_id="replace_argilla_key", request=NewArgillaKeySerializer, responses=ArgillaServerSerializer
    )
    def put(self, request: Request, pk: int) -> Response:
        """Give a server another key. For admins."""
        check_can_keep_servers(actor=self.person)
        found = load_server(self.person, pk)
        changed = replace_key(actor=self.person, server=found, **self.sent(NewArgillaKeySerializer))
        return Response(ArgillaServerSerializer(changed).data)


class ArgillaLinks(Resource):
    """The queues that are linked."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_argilla_links", responses=ArgillaLinkSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the queues that are or were reviewed on an Argilla server. For curators and admins."""
        self.asked()
        check_can_run_queues(actor=self.person)
        return self.page(links(), lambda rows: ArgillaLinkSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_argilla_link",
        request=NewArgillaLinkSerializer,
        responses={202: OneArgillaLinkSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Have a queue be reviewed on an Argilla server. A worker makes the dataset and sends the stories."""
        check_can_run_queues(actor=self.person)
        sent = self.sent(NewArgillaLinkSerializer)
        server = servers().filter(pk=sent["server"]).first()
        if server is None:
            raise InvalidInput(_("There is no such Argilla server."))
        made = create_link(
            actor=self.person,
            queue=queue_of(self.person, sent["queue"]),
            server=server,
            name=sent["name"],
            judge=load_judge(sent["judge"]) if sent["judge"] else None,
        )
        return with_location(told(self, made.pk), reverse("api:argilla_link", args=[made.pk]), status=202)


class OneArgillaLink(Resource):
    """A linked queue."""

    scopes = {"GET": Scope.READ, "DELETE": Scope.CURATE}
    newest = shown_by()

    @extend_schema(operation_id="get_argilla_link", responses=OneArgillaLinkSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One link, and how it stands. For curators and admins."""
        self.asked()
        return Response(told(self, pk))

    @extend_schema(operation_id="end_argilla_link", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Send and read nothing more. What is there stays there, and what came from there stays here."""
        end_link(actor=self.person, link=load_link(self.person, pk))
        return Response(status=204)


class ArgillaLinkSync(Resource):
    """A round at once."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneArgillaLink)

    @extend_schema(operation_id="sync_argilla_link", request=None, responses={202: OneArgillaLinkSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Send and read all of it at once, also after it failed. A worker does that."""
        sync_link(actor=self.person, link=load_link(self.person, pk))
        return Response(told(self, pk), status=202)


class ArgillaLinkWaiting(Resource):
    """What waits."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_argilla_waiting", responses=WaitingAnswerSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the answers that cannot be reviews yet, each with what it waits for."""
        self.asked()
        rows = waiting_for(load_link(self.person, pk))
        return self.page(rows, lambda found: WaitingAnswerSerializer(found, many=True).data)


class ArgillaAccounts(Resource):
    """Who answers there."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_argilla_accounts", responses=ArgillaAccountSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the accounts of a link's server, and who each belongs to here."""
        self.asked()
        rows = accounts(load_link(self.person, pk).server)
        return self.page(rows, lambda found: ArgillaAccountSerializer(found, many=True).data)


class OneArgillaAccount(Resource):
    """Somebody who answers there."""

    scopes = {"PUT": Scope.CURATE}

    @extend_schema(
        operation_id="settle_argilla_account", request=MappedAccountSerializer, responses=ArgillaAccountSerializer
    )
    def put(self, request: Request, pk: int) -> Response:
        """Say who an account belongs to here, or nobody. What waits for that comes in with the next round."""
        found = load_account(self.person, pk)
        name = self.sent(MappedAccountSerializer)["person"]
        person = User.objects.filter(username=name).first() if name is not None else None
        if name is not None and person is None:
            raise InvalidInput(_("There is nobody of that name here."))
        map_account(actor=self.person, account=found, person=person, ignored=name is None)
        return Response(ArgillaAccountSerializer(accounts(found.server).get(pk=pk)).data)


def told(view: Resource, pk: int) -> Any:
    """Return the representation of a link."""
    return OneArgillaLinkSerializer(load_link(view.person, pk)).data
