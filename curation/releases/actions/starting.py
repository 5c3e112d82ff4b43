"""Releases: asking for one, asking again, taking it back."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit import actions as audit
from curation.core.errors import Conflict, InvalidInput
from curation.core.jobs import nudge
from curation.releases import versions
from curation.releases.actions.approving import checked_reason
from curation.releases.formats import PURPOSES as FORMATS
from curation.releases.models import Dataset, Release, Selection
from curation.releases.models.approval import ApprovalKind
from curation.releases.models.release import ReleaseState
from curation.releases.permissions import check_can_release
from curation.releases.queries.candidates import plan, uncounted
from curation.releases.queries.choosing import check_choice
from curation.releases.queries.fates import seed_of
from curation.releases.second_person import check_somebody_asks
from curation.releases.selecting import SelectionChoice
from curation.releases.versions import Version

TASK = "releases.build"


def start_release(
    *,
    actor: Actor,
    dataset: Dataset,
    version: str,
    notes: str = "",
    formats: Sequence[str] | None = None,
    choice: SelectionChoice | None = None,
    only_corrects: bool = False,
    counted: bool = True,
) -> Release:
    """Ask a worker to freeze what is accepted as `version` of `dataset`, and to build it.

    It takes what `choice` asks for and is written in `formats` besides Parquet, or else in both as the version before
    it. One that `only_corrects` is a PATCH, and takes no story that the version before of its MINOR does not have.
    Which stories those are is settled when the worker gets to it, a moment later: should something stand in the way
    then, the release fails with the reason. The same person asking for the same again gets what is under way. Raises
    `InvalidInput` for a choice of what there is not, a version that is malformed or understates the change, or a
    further format of the stories that is none of `releases.formats`; `Conflict` when something has to be resolved
    first; each with the reason. Without `counted` nothing is said of the stories: the worker, who counts them anyway,
    finds what stands in the way of them, and that the version understates the change.
    """
    check_can_release(actor=actor, dataset=dataset)
    try:
        number = versions.parse(version)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    known = None if formats is None else [name for name in FORMATS if name in formats]
    if known is not None and set(formats or ()) - set(known):
        raise InvalidInput(_("Further formats are: %(names)s.") % {"names": ", ".join(FORMATS)})
    if choice is not None:
        check_choice(choice)
    if only_corrects and number.patch == 0:
        raise InvalidInput(
            _("Only a PATCH keeps to the stories of the version before: its last number is 1 or more, as in v1.2.1.")
        )
    check_somebody_asks(actor=actor, what=ApprovalKind.RELEASE, dataset=dataset)
    with transaction.atomic():
        # Two people who ask at once: the second waits here, and then sees the first one's version.
        locked = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        if same := asked_already(actor, locked, number, notes, known, choice, only_corrects=only_corrects):
            return same
        if counted:
            wanted = plan(locked, number=number, choice=choice, only_corrects=only_corrects)
        else:
            wanted = uncounted(locked, number=number, choice=choice, only_corrects=only_corrects)
        wanted.check(number, notes)
        assert wanted.policy is not None  # noqa: S101 - tells mypy what holds here  # nosec
        release = Release.objects.create(
            dataset=locked,
            major=number.major,
            minor=number.minor,
            patch=number.patch,
            rubric=wanted.policy.rubric,
            policy=wanted.policy,
            notes=notes.strip(),
            formats=formats_before(wanted.previous) if known is None else known,
            only_corrects=only_corrects,
            rows_total=wanted.stories,
            created_by_id=actor.pk,
        )
        asked = wanted.choice.as_data()
        rubric, policy = asked.pop("rubric"), asked.pop("policy")
        Selection.objects.create(
            release=release, rubric_id=rubric, policy_id=policy, license=locked.license, seed=seed_of(locked), **asked
        )
        audit.record(
            actor=actor,
            verb="release.started",
            target=release,
            dataset=str(locked),
            version=release.version,
            stories=wanted.stories,
        )
        nudge(TASK)
    return release


def formats_before(previous: Release | None) -> list[str]:
    """Return the further formats of the version before, which whoever trains on it will look for in the next."""
    return previous.formats if previous else []


def asked_already(
    actor: Actor,
    dataset: Dataset,
    number: Version,
    notes: str,
    formats: Sequence[str] | None,
    choice: SelectionChoice | None,
    *,
    only_corrects: bool,
) -> Release | None:
    """Return the release that this person has asked for in the same words, while it is under way."""
    under_way = dataset.releases.filter(
        state__in=[ReleaseState.PENDING, ReleaseState.BUILDING],
        created_by=actor.pk,
        notes=notes.strip(),
        only_corrects=only_corrects,
    )
    found = under_way.filter(major=number.major, minor=number.minor, patch=number.patch).first()
    same = found is not None and choice in (None, found.selection.choice) and formats in (None, found.formats)
    return found if same else None


def retry(*, actor: Actor, release: Release) -> Release:
    """Ask for a failed release again: from the same rows, if they were frozen."""
    check_can_release(actor=actor, dataset=release.dataset)
    with transaction.atomic():
        failed = Release.objects.filter(pk=release.pk, state=ReleaseState.FAILED)
        if not failed.update(state=ReleaseState.PENDING, error="", rows_done=0, attempts=0, next_at=Now()):
            raise Conflict(
                _("%(version)s has not failed, so there is nothing to retry.") % {"version": release.version}
            )
        audit.record(actor=actor, verb="release.retried", target=release)
        nudge(TASK)
    release.refresh_from_db()
    return release


def discard(*, actor: Actor, release: Release) -> None:
    """Take back a release whose rows were never frozen, so that another version can be asked for.

    Raises `Conflict` once they are, and while a worker has it.
    """
    check_can_release(actor=actor, dataset=release.dataset)
    with transaction.atomic():
        never = Release.objects.filter(pk=release.pk, frozen={}).exclude(state=ReleaseState.BUILDING)
        if not never.select_for_update().exists():
            raise Conflict(_("%(version)s is frozen, or being frozen: it stays.") % {"version": release.version})
        audit.record(
            actor=actor,
            verb="release.discarded",
            target=release.dataset,
            version=release.version,
            error=release.error[:200],
        )
        never.delete()


def abandon(*, actor: Actor, release: Release, reason: str) -> None:
    """Give a failed release up, with the reason: it is never built, and its version is never used again.

    Raises `Conflict` for one that has not failed, `InvalidInput` without a reason.
    """
    check_can_release(actor=actor, dataset=release.dataset)
    reason = checked_reason(reason)
    with transaction.atomic():
        failed = Release.objects.filter(pk=release.pk, state=ReleaseState.FAILED)
        if not failed.update(state=ReleaseState.ABANDONED, error=reason):
            raise Conflict(
                _("%(version)s has not failed, so there is nothing to abandon.") % {"version": release.version}
            )
        release.parts.all().delete()
        audit.record(actor=actor, verb="release.abandoned", target=release, reason=reason[:200])
