"""Which Argilla servers there are."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.argilla.models import ArgillaServer
from curation.argilla.permissions import check_can_keep_servers
from curation.core.errors import NotFound


def servers() -> QuerySet[ArgillaServer]:
    """Return the servers that are there."""
    return ArgillaServer.objects.filter(removed_at=None).order_by("name", "pk")


def load_server(actor: Actor, pk: int) -> ArgillaServer:
    """Return a server that is there, for whoever keeps them. `NotFound` otherwise."""
    check_can_keep_servers(actor=actor)
    found = servers().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such Argilla server."))
    return found
