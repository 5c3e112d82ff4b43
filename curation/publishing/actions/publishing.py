"""Asking for a publication, asking again, going on from what is there, and making a repository public."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict
from curation.publishing.actions.waking import wake_worker
from curation.publishing.faults import PURGED, fault_in_words
from curation.publishing.models import HubTarget, Publication, PublicationState
from curation.publishing.permissions import check_can_make_public, check_can_publish
from curation.publishing.queries import is_purged
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState


def publish(*, actor: Actor, release: Release, target: HubTarget) -> Publication:
    """Ask a worker to publish a built version at a target of its dataset. Asking again gives what there is.

    Raises `NotAllowed`, and `Conflict` for a version that is not built or is withdrawn, or a target that is removed.
    """
    check_can_publish(actor=actor, dataset=release.dataset)
    with transaction.atomic():
        row = HubTarget.objects.select_for_update(no_key=True, of=("self",)).get(pk=target.pk)
        if row.dataset_id != release.dataset_id or row.removed_at is not None:
            raise Conflict(_("%(repo)s is no target of this dataset any more.") % {"repo": row.repo})
        found = Publication.objects.filter(release=release, target=row).first()
        if found is not None:
            return found
        if release.state != ReleaseState.BUILT:
            raise Conflict(
                _("%(version)s is not built, so there is nothing to publish.") % {"version": release.version}
            )
        if hasattr(release, "withdrawn"):
            raise Conflict(_("%(version)s is withdrawn, so it is not published.") % {"version": release.version})
        if is_purged(release):
            raise Conflict(fault_in_words(PURGED))
        made = Publication.objects.create(release=release, target=row, created_by_id=actor.pk)
        _record(actor, "publication.started", made, row)
        wake_worker()
    return made


def retry(*, actor: Actor, publication: Publication) -> Publication:
    """Carry out again what failed, or at once what waits. What is done of it is not done again.

    Raises `Conflict` for what has not failed, and where the target is removed.
    """
    return _go_on(actor, publication, verb="publication.retried")


def accept_head(*, actor: Actor, publication: Publication, head: str) -> Publication:
    """Go on from a commit of somebody else that was in the way; its files stay but where the version has its own.

    `head` is the commit that the person looked at. Raises `Conflict` if it is not the one that was found.
    """
    return _go_on(actor, publication, verb="publication.accepted_head", head=head)


def make_public(*, actor: Actor, publication: Publication) -> Publication:
    """Have the repository of a publication be public, with everything in it. It cannot be undone from here.

    Raises `Conflict` while the dataset is not public here.
    """
    check_can_make_public(actor=actor, target=publication.target)
    with transaction.atomic():
        target = HubTarget.objects.select_for_update(no_key=True, of=("self",)).get(pk=publication.target_id)
        row = Publication.objects.select_for_update(no_key=True, of=("self",)).get(pk=publication.pk)
        if target.removed_at is not None:
            raise Conflict(_("This target has been removed."))
        if target.public_at is not None:
            raise Conflict(_("%(repo)s is public already.") % {"repo": target.repo})
        if row.state == PublicationState.RUNNING:
            raise Conflict(_("A worker is at it. Wait until that has ended."))
        HubTarget.objects.filter(pk=target.pk).update(public_asked_at=Now())
        _wait(row)
        _record(actor, "publication.public_asked", row, target)
        wake_worker()
    row.refresh_from_db()
    return row


def _go_on(actor: Actor, publication: Publication, *, verb: str, head: str = "") -> Publication:
    check_can_publish(actor=actor, dataset=publication.target.dataset)
    with transaction.atomic():
        row = (
            Publication.objects.select_for_update(no_key=True, of=("self",))
            .select_related("target")
            .get(pk=publication.pk)
        )
        if row.target.removed_at is not None:
            raise Conflict(_("This target has been removed."))
        if row.state not in {PublicationState.FAILED, PublicationState.PENDING}:
            raise Conflict(_("It has not failed, so there is nothing to try again."))
        if head and row.found_head != head:
            raise Conflict(_("Another commit is there by now. Look at it first."))
        if head:
            row.accepted_head = head
        _wait(row, accepted_head=row.accepted_head)
        _record(actor, verb, row, row.target, **({"commit": head} if head else {}))
        wake_worker()
    row.refresh_from_db()
    return row


def _wait(row: Publication, **changes: object) -> None:
    Publication.objects.filter(pk=row.pk).update(
        state=PublicationState.PENDING, next_at=Now(), attempts=0, found_head="", **changes
    )


def _record(actor: Actor, verb: str, row: Publication, target: HubTarget, **more: str) -> None:
    record(actor=actor, verb=verb, target=row, version=str(row.release), repo=target.repo, host=target.host, **more)
