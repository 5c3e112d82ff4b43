"""What publishing would do, asked of the Hub now, by a person who waits for the answer."""

from curation.accounts.actors import Actor
from curation.core.errors import Conflict, Unavailable
from curation.publishing.faults import HubTrouble, fault_in_words
from curation.publishing.hub import Hub
from curation.publishing.keys import token_of
from curation.publishing.looking import Plan, plan
from curation.publishing.models import HubTarget, Publication
from curation.publishing.permissions import check_can_publish
from curation.releases.models import Release


def preview(*, actor: Actor, release: Release, target: HubTarget) -> Plan:
    """Return what publishing would change, file by file. Nothing is changed.

    Raises `Conflict` where the Hub refuses, and `Unavailable` where it is away, in the reader's language.
    """
    check_can_publish(actor=actor, dataset=release.dataset)
    known = Publication.objects.filter(release=release, target=target).first()
    hub = Hub(endpoint=target.endpoint, repo=target.repo, token=token_of(target))
    try:
        return plan(hub, target=target, release=release, accepted=known.accepted_head if known else "")
    except HubTrouble as trouble:
        kind = Unavailable if trouble.passes else Conflict
        raise kind(fault_in_words(trouble.words)) from None
