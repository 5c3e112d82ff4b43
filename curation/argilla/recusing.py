"""Keeping whoever may see suggestions on an Argilla server from reviewing those stories blind."""

from collections.abc import Collection

from django.db.models import Q

from annotations.actions import recuse_from
from annotations.models import Saw
from curation.argilla.models import ArgillaPerson, ArgillaRecord, ArgillaServer


def recuse_all(server: ArgillaServer, stories: Collection[int]) -> None:
    """Recuse everybody who has an account there from stories (ids) that have suggestions there, or are to get them."""
    known = ArgillaPerson.objects.filter(server=server, person__isnull=False).select_related("person")
    for account in known.order_by("person"):
        if account.person is not None:
            recuse_from(user=account.person, stories=list(stories), saw=Saw.SCORES)


def recuse_one(account: ArgillaPerson) -> None:
    """Recuse the person of an account from all stories that have suggestions there."""
    if account.person is not None:
        suggested = Q(link__judge__isnull=False) | Q(suggested_at__isnull=False)
        shown = ArgillaRecord.objects.filter(suggested, link__server=account.server_id)
        recuse_from(user=account.person, stories=shown.values_list("item__story", flat=True), saw=Saw.SCORES)
