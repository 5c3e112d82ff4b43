"""Withdrawals follow to the published copies: found from rows, carried out as every publication is."""

from django.db import transaction
from django.db.models.functions import Now

from curation.publishing.actions.waking import wake_worker
from curation.publishing.models import HubTarget, Publication, PublicationState
from curation.publishing.queries import behind


def follow_withdrawals() -> list[Publication]:
    """Have the targets that are behind told of what was withdrawn; return the publications that carry it out.

    Where everything at a target is under way or has failed, that tells of it when it is carried out.
    """
    found = []
    for target in behind():
        with transaction.atomic():
            HubTarget.objects.select_for_update(no_key=True, of=("self",)).get(pk=target.pk)
            done = Publication.objects.filter(target=target, state=PublicationState.DONE)
            row = done.select_for_update(no_key=True, of=("self",)).order_by("-pk").first()
            if row is None:
                continue
            changed = Publication.objects.filter(pk=row.pk)
            changed.update(state=PublicationState.PENDING, next_at=Now(), attempts=0)
            wake_worker()
            found.append(row)
    return found
