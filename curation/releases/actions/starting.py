"""Cutting a release: freezing its rows, and asking for its build."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.actions import seal
from curation.accounts.actors import Actor
from curation.audit import actions as audit
from curation.core.errors import Conflict, InvalidInput
from curation.core.jobs import nudge
from curation.releases import versions
from curation.releases.actions.freezing import freeze_rows
from curation.releases.actions.summary import summary
from curation.releases.models import Dataset, Release
from curation.releases.models.release import LEASE, ReleaseState
from curation.releases.permissions import check_can_release
from curation.releases.queries.candidates import plan

TASK = "releases.build"


def start_release(*, actor: Actor, dataset: Dataset, version: str, notes: str = "", hold: bool = False) -> Release:
    """Freeze what is accepted now as `version` of `dataset`, and ask a worker to build it.

    With `hold` the caller is going to build it itself, with `build(release=..., held=True)`; should it die, a worker
    takes over. Raises `InvalidInput` for a version that is malformed or understates the change, `Conflict` when
    something has to be settled first; each with the reason.
    """
    check_can_release(actor=actor)
    try:
        number = versions.parse(version)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    with transaction.atomic():
        # Two people cutting at once: the second waits here, and then sees the first one's version.
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        wanted = plan(locked)
        if wanted.blockers or wanted.policy is None:
            raise Conflict(" ".join(wanted.blockers))
        if reason := wanted.refuses(number, notes):
            raise InvalidInput(reason)
        if seal(stories=[row.story for row in wanted.stories]) < len(wanted.stories):
            raise Conflict(_("A story that was to go in has just been opened again. Look at the plan once more."))
        release = Release.objects.create(
            dataset=locked,
            major=number.major,
            minor=number.minor,
            patch=number.patch,
            rubric=wanted.policy.rubric,
            policy=wanted.policy,
            notes=notes.strip(),
            rows_total=len(wanted.stories),
            created_by_id=actor.pk,
        )
        if hold:
            Release.objects.filter(pk=release.pk).update(state=ReleaseState.BUILDING, lease_until=Now() + LEASE)
        freeze_rows(release, wanted)
        release.frozen = summary(release, wanted)
        release.save(update_fields=["frozen"])
        audit.record(
            actor=actor,
            verb="release.started",
            target=release,
            dataset=str(locked),
            version=release.version,
            stories=len(wanted.stories),
        )
        if not hold:
            nudge(TASK)
    return release


def retry(*, actor: Actor, release: Release) -> Release:
    """Ask for the build of a failed release again, from the same frozen rows."""
    check_can_release(actor=actor)
    with transaction.atomic():
        failed = Release.objects.filter(pk=release.pk, state=ReleaseState.FAILED)
        if not failed.update(state=ReleaseState.PENDING, error="", rows_done=0):
            raise Conflict(
                _("%(version)s has not failed, so there is nothing to retry.") % {"version": release.version}
            )
        audit.record(actor=actor, verb="release.retried", target=release)
        nudge(TASK)
    release.refresh_from_db()
    return release
