"""What follows a purge: the story is withdrawn from every dataset that has it, and versions without it are made."""

from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, ExemplaError
from curation.erasure.models import Purge, PurgeFollowUp
from curation.erasure.models.purge import PurgeKind
from curation.erasure.permissions import check_can_purge
from curation.releases.actions import abandon, start_release, take_back
from curation.releases.models import Approval, Dataset, Release, WithdrawnStory
from curation.releases.models.approval import ApprovalState
from curation.releases.models.release import ReleaseState
from curation.releases.story_ids import public_id
from curation.releases.versions import Version

# These go into files, which are in English.
WITHDRAWN = {PurgeKind.LAW: "Purged, as the law asks for it.", PurgeKind.HARM: "Purged, as it does harm."}
NOTES = "Without {story}, which was purged."
UNFINISHED = "A story of this version was purged."


def withdraw_everywhere(purge: Purge) -> None:
    """Withdraw the story from every dataset of which a built version has it. Call it in a transaction."""
    built = Dataset.objects.filter(releases__items__story=purge.story_id, releases__state=ReleaseState.BUILT)
    left = built.exclude(withdrawn_stories__story=purge.story_id)
    # Before a version that is being frozen, or after it.
    for dataset in Dataset.objects.filter(pk__in=left.values("pk")).order_by("pk").select_for_update(no_key=True):
        reason = WITHDRAWN[PurgeKind(purge.kind)]
        WithdrawnStory.objects.create(
            dataset=dataset, story_id=purge.story_id, reason=reason, withdrawn_by_id=purge.asked_by_id
        )
        key = public_id(purge.story.normal_sha256)
        record(actor=purge.asked_by or SYSTEM, verb="dataset.story_withdrawn", target=dataset, key=key, reason=reason)


def follow(purge: Purge) -> None:
    """Abandon versions that have the story and are not built, and start a PATCH where the newest version has it.

    What cannot be started says why at its follow-up.
    """
    _abandon_unfinished(purge)
    done = purge.follow_ups.filter(release__isnull=False).values("dataset")
    datasets = Dataset.objects.filter(releases__items__story=purge.story_id).exclude(pk__in=done).distinct()
    for dataset in datasets.order_by("pk"):
        newest = Release.objects.filter(dataset=dataset, state=ReleaseState.BUILT, withdrawn__isnull=True)
        first = newest.order_by("-major", "-minor", "-patch").first()
        if first is not None and first.items.filter(story=purge.story_id).exists():
            _follow(purge, dataset, first.number, purge.asked_by or SYSTEM)


def follow_up(*, actor: Actor, purge: Purge, dataset: Dataset) -> PurgeFollowUp:
    """Try again to start the version without the story that could not be started; return what came of it.

    Raises `Conflict` where nothing is left to start.
    """
    check_can_purge(actor=actor)
    open_ones = purge.follow_ups.filter(dataset=dataset, release__isnull=True)
    newest = Release.objects.filter(dataset=dataset, state=ReleaseState.BUILT, withdrawn__isnull=True)
    first = newest.order_by("-major", "-minor", "-patch").first()
    if first is None or not open_ones.exists():
        raise Conflict(_("No version is left to be started for this dataset."))
    return _follow(purge, dataset, first.number, actor)


def _follow(purge: Purge, dataset: Dataset, newest: Version, actor: Actor) -> PurgeFollowUp:
    number = newest._replace(patch=newest.patch + 1)
    release, why_not = None, ""
    try:
        notes = NOTES.format(story=public_id(purge.story.normal_sha256))
        release = start_release(actor=actor, dataset=dataset, version=str(number), notes=notes, only_corrects=True)
    except ExemplaError as error:
        why_not = error.message
    found, _is_new = PurgeFollowUp.objects.update_or_create(
        purge=purge, dataset=dataset, defaults={"release": release, "why_not": why_not}
    )
    return found


def _abandon_unfinished(purge: Purge) -> None:
    having = Release.objects.filter(items__story=purge.story_id).select_related("dataset")
    for release in having.filter(state=ReleaseState.AWAITING):
        waiting = Approval.objects.filter(release=release, state=ApprovalState.WAITING).select_related("dataset")
        for approval in waiting:
            take_back(actor=SYSTEM, approval=approval, reason=UNFINISHED)
    for release in having.filter(state=ReleaseState.FAILED):
        abandon(actor=SYSTEM, release=release, reason=UNFINISHED)
