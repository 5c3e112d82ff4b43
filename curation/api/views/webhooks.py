"""Webhooks: where messages go, and what became of them. For admins."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.webhooks import (
    ChangedWebhookSerializer,
    DeliverySerializer,
    NewSecretSerializer,
    NewWebhookSerializer,
    ReplayedSerializer,
    TestedWebhookSerializer,
    WebhookSecretSerializer,
    WebhookSerializer,
)
from curation.webhooks.actions import (
    change_endpoint,
    create_endpoint,
    pause_endpoint,
    remove_endpoint,
    replay,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    try_endpoint,
)
from curation.webhooks.models import Endpoint
from curation.webhooks.permissions import check_can_keep_webhooks
from curation.webhooks.queries import dead_letters, deliveries_of, endpoints, load_delivery, load_endpoint


class ForWebhookKeepers(Resource):
    """What only those who keep webhooks see."""

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Go on if the caller may keep webhooks."""
        super().initial(request, *args, **named)
        check_can_keep_webhooks(actor=self.person)


class Webhooks(ForWebhookKeepers):
    """All endpoints."""

    scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_webhooks", responses=WebhookSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the endpoints that messages are sent to."""
        self.asked()
        return self.page(endpoints(), lambda rows: WebhookSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_webhook", request=NewWebhookSerializer, responses={201: WebhookSecretSerializer}
    )
    @once
    def post(self, request: Request) -> Response:
        """Add an endpoint. The answer has the secret that signs its messages, this once."""
        made, secret = create_endpoint(actor=self.person, **self.sent(NewWebhookSerializer))
        address = reverse("api:webhook", args=[made.pk])
        return keeping_back(with_location(with_secret(made, secret.value), address), made)


class OneWebhook(ForWebhookKeepers):
    """An endpoint."""

    scopes = {"GET": Scope.ADMIN, "PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}
    conditional = {"PATCH", "DELETE"}

    @extend_schema(operation_id="get_webhook", responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One endpoint, without its secret."""
        self.asked()
        return Response(as_webhook(load_endpoint(pk)))

    @extend_schema(operation_id="change_webhook", request=ChangedWebhookSerializer, responses=WebhookSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is sent of an endpoint. What waits to be sent goes to the new URL."""
        rows = endpoints().filter(pk=pk)
        with changing(request, rows, as_webhook, _("There is no such endpoint.")) as found:
            changed = change_endpoint(actor=self.person, endpoint=found, **self.sent(ChangedWebhookSerializer))
        return shown(as_webhook(changed))

    @extend_schema(operation_id="remove_webhook", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Forget an endpoint's secrets and send it nothing more."""
        with changing(request, endpoints().filter(pk=pk), as_webhook, _("There is no such endpoint.")) as found:
            remove_endpoint(actor=self.person, endpoint=found)
        return Response(status=204)


class WebhookTest(ForWebhookKeepers):
    """A test."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OneWebhook)

    @extend_schema(operation_id="test_webhook", request=None, responses=TestedWebhookSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Send one signed message that means nothing, and say what it was answered."""
        return Response(TestedWebhookSerializer(try_endpoint(actor=self.person, endpoint=load_endpoint(pk))).data)


class WebhookSecret(ForWebhookKeepers):
    """Another secret."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OneWebhook)

    @extend_schema(
        operation_id="rotate_webhook_secret", request=NewSecretSerializer, responses={201: WebhookSecretSerializer}
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Give an endpoint another secret, which is in the answer this once. The one before signs too for a while."""
        said = self.sent(NewSecretSerializer)
        found, secret = rotate_secret(actor=self.person, endpoint=load_endpoint(pk), **said)
        return keeping_back(Response(with_secret(found, secret.value), status=201), found)


class WebhookPausing(ForWebhookKeepers):
    """A pause."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OneWebhook)

    @extend_schema(operation_id="pause_webhook", request=None, responses=WebhookSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Send an endpoint nothing more for now. What happens meanwhile waits for it."""
        pause_endpoint(actor=self.person, endpoint=load_endpoint(pk))
        return Response(as_webhook(load_endpoint(pk)))


class WebhookResuming(ForWebhookKeepers):
    """The end of a pause."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OneWebhook)

    @extend_schema(operation_id="resume_webhook", request=None, responses=WebhookSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Send an endpoint messages again, those first that have waited."""
        resume_endpoint(actor=self.person, endpoint=load_endpoint(pk))
        return Response(as_webhook(load_endpoint(pk)))


class Deliveries(ForWebhookKeepers):
    """What became of the messages to an endpoint."""

    scopes = {"GET": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_deliveries", responses=DeliverySerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List what was sent to an endpoint or waits for it."""
        self.asked()
        return self.page(deliveries_of(load_endpoint(pk)), lambda rows: DeliverySerializer(rows, many=True).data)


class DeadLetters(ForWebhookKeepers):
    """What was given up."""

    scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_dead_letters", responses=DeliverySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the messages that were given up, wherever they were to go."""
        self.asked()
        return self.page(dead_letters(), lambda rows: DeliverySerializer(rows, many=True).data)

    @extend_schema(operation_id="replay_dead_letters", request=None, responses={202: ReplayedSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Send everything again that was given up, under the ids that it had."""
        return Response(ReplayedSerializer({"messages": replay_dead(actor=self.person)}).data, status=202)


class DeliveryReplay(ForWebhookKeepers):
    """A message sent again."""

    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="replay_delivery", request=None, responses={202: DeliverySerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Send one message to its endpoint again, under the id that it had, delivered or given up."""
        replay(actor=self.person, delivery=load_delivery(pk))
        return Response(DeliverySerializer(load_delivery(pk)).data, status=202)


def as_webhook(endpoint: Endpoint) -> Any:
    """Return the representation of an endpoint."""
    return WebhookSerializer(endpoint).data


def with_secret(endpoint: Endpoint, secret: str | None) -> Any:
    """Return the representation of an endpoint with its new secret."""
    return WebhookSecretSerializer({"webhook": endpoint, "secret": secret}).data


def keeping_back(answer: Response, endpoint: Endpoint) -> Response:
    """Have a second call answered without the secret."""
    answer.kept = with_secret(endpoint, None)  # type: ignore[attr-defined]
    return answer
