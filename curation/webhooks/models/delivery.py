"""Messages, and their way to each endpoint: a row that a worker carries out."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.webhooks.models.endpoint import Endpoint


class Message(models.Model):
    """What is told of one event: `body` is sent byte by byte as it stands, each time with the same `public_id`.

    It never changes; it is dropped some weeks later.
    """

    public_id = models.CharField(max_length=40, unique=True)
    event = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(public_id__startswith="msg_"), name="message_id_says_what_it_is"),
            models.CheckConstraint(condition=Q(body__startswith="{"), name="message_body_is_an_object"),
        ]
        # Serves dropping what is old.
        indexes = [models.Index(fields=["created_at"], name="message_by_age")]

    def __str__(self) -> str:
        return f"{self.event} {self.public_id}"


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    DONE = "done", _("Delivered")
    FAILED = "failed", _("Given up")
    CLOSED = "closed", _("Not sent, as the endpoint was removed")


TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.PENDING: frozenset({DeliveryState.SENDING, DeliveryState.CLOSED}),
    # Back to PENDING: it is tried again later, or its worker is gone.
    DeliveryState.SENDING: frozenset(
        {DeliveryState.PENDING, DeliveryState.DONE, DeliveryState.FAILED, DeliveryState.CLOSED}
    ),
    # An admin has it sent again.
    DeliveryState.DONE: frozenset({DeliveryState.PENDING}),
    DeliveryState.FAILED: frozenset({DeliveryState.PENDING}),
    DeliveryState.CLOSED: frozenset(),
}


class Delivery(Leased):
    """A message on its way to one endpoint. One that was given up is a dead letter, until somebody has it sent again.

    `tries` counts the attempts since it last began, `attempts` only the workers that stopped in the middle of one.
    `status` (HTTP), `seconds`, `error` and the beginning of the `answer` are those of the last attempt.
    """

    terms = Terms(waiting=DeliveryState.PENDING, held=DeliveryState.SENDING, failed=DeliveryState.FAILED)

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    answer = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="delivery_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            held_has_lease(DeliveryState.SENDING, "delivery_held_while_sent"),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.DONE) | Q(status__gte=200, status__lt=300),
                name="delivery_done_was_taken",
            ),
        ]
        indexes = [
            # Serves the search for what is due, endpoint by endpoint.
            models.Index(fields=["endpoint", "next_at"], condition=Q(state="pending"), name="delivery_due"),
            # Serves finding what a worker left in the middle.
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="delivery_held"),
            # Serves the deliveries on an endpoint's page.
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
            # Serves the page of dead letters, and how many each endpoint has.
            models.Index(fields=["endpoint", "-id"], condition=Q(state="failed"), name="delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.endpoint_id} ({self.state})"
