"""What an admin looks at: endpoints with how they do, and deliveries."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from curation.core.errors import NotFound
from curation.webhooks.models import Delivery, DeliveryState, Endpoint

A_PAGE = 50


@dataclass(frozen=True)
class EndpointRow:
    """An endpoint, and how many messages wait for it and were given up."""

    endpoint: Endpoint
    waiting: int
    dead: int


def endpoints() -> QuerySet[Endpoint]:
    """Return the endpoints that are there."""
    return Endpoint.objects.filter(removed_at=None)


def load_endpoint(pk: int) -> Endpoint:
    """Return an endpoint that is there. Raises `NotFound`."""
    found = endpoints().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such endpoint."))
    return found


def load_delivery(pk: int) -> Delivery:
    """Return a delivery to an endpoint that is there. Raises `NotFound`."""
    known = Delivery.objects.filter(endpoint__removed_at=None)
    found = known.select_related("message", "endpoint").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such message."))
    return found


def endpoints_with_state() -> list[EndpointRow]:
    """Return the endpoints with how many messages wait for them, and how many were given up. One query."""

    def counted(state: DeliveryState) -> Coalesce:
        rows = Delivery.objects.filter(endpoint=OuterRef("pk"), state=state).order_by().values("endpoint")
        return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)

    rows = endpoints().annotate(waiting=counted(DeliveryState.PENDING), dead=counted(DeliveryState.FAILED))
    return [EndpointRow(one, one.waiting, one.dead) for one in rows]


def deliveries_of(endpoint: Endpoint) -> QuerySet[Delivery]:
    """Return the deliveries to one endpoint, newest first."""
    return Delivery.objects.filter(endpoint=endpoint).select_related("message").order_by("-pk")


def dead_letters() -> QuerySet[Delivery]:
    """Return what was given up, newest first, of endpoints that are there."""
    dead = Delivery.objects.filter(state=DeliveryState.FAILED, endpoint__removed_at=None)
    return dead.select_related("message", "endpoint").order_by("-pk")
