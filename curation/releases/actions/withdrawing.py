"""Taking a story or a whole version back after its release."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.jobs import nudge
from curation.releases.actions.announcing import announce_withdrawn
from curation.releases.actions.approving import checked_reason
from curation.releases.models import Dataset, Release, ReleaseItem, WithdrawnStory, WithdrawnVersion
from curation.releases.models.release import ReleaseState
from curation.releases.permissions import check_can_release
from curation.releases.story_ids import public_id
from curation.stories.models import Story

# What has published copies follow.
COPIES = "publishing.follow"


def withdraw_story(*, actor: Actor, dataset: Dataset, story: int, reason: str) -> WithdrawnStory:
    """Leave a story out of every later version of a dataset, and list it there in `withdrawn.json`, for good.

    The versions that have it stay as they are; their pages and those who downloaded them are told. Raises `NotAllowed`
    for who may not release the dataset, `InvalidInput` without a reason or for a story that no built version has, and
    `Conflict` when it is withdrawn already.
    """
    check_can_release(actor=actor, dataset=dataset)
    reason = checked_reason(reason)
    built = ReleaseItem.objects.filter(story=story, release__dataset=dataset, release__state=ReleaseState.BUILT)
    if not built.exists():
        raise InvalidInput(_("No version of %(name)s has this story.") % {"name": dataset})
    try:
        with transaction.atomic():
            # Before a version that is being frozen, or after it.
            Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
            made = WithdrawnStory.objects.create(
                dataset=dataset, story_id=story, reason=reason, withdrawn_by_id=actor.pk
            )
            key = public_id(Story.objects.values_list("normal_sha256", flat=True).get(pk=story))
            record(actor=actor, verb="dataset.story_withdrawn", target=dataset, key=key, reason=reason[:200])
            nudge(COPIES)
    except IntegrityError as error:
        raise Conflict(_("This story is withdrawn from %(name)s already.") % {"name": dataset}) from error
    return made


def withdraw_version(*, actor: Actor, release: Release, reason: str) -> WithdrawnVersion:
    """Say of a built version that it should not be used any more, and why, for good. It stays as it is, by its name.

    It is no longer its dataset's newest. Raises as `withdraw_story`, and `Conflict` for one that is not built.
    """
    check_can_release(actor=actor, dataset=release.dataset)
    reason = checked_reason(reason)
    if release.state != ReleaseState.BUILT:
        raise Conflict(_("%(version)s is not built, so there is nothing to withdraw.") % {"version": release.version})
    try:
        with transaction.atomic():
            made = WithdrawnVersion.objects.create(release=release, reason=reason, withdrawn_by_id=actor.pk)
            record(actor=actor, verb="release.withdrawn", target=release, reason=reason[:200])
            announce_withdrawn(release)
            nudge(COPIES)
    except IntegrityError as error:
        raise Conflict(_("%(version)s is withdrawn already.") % {"version": release.version}) from error
    return made
