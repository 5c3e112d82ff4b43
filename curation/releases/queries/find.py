"""Finding datasets and releases by the names that people use."""

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.core.errors import AccessNeeded, InvalidInput, NotFound
from curation.releases import names, versions
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility


def load_dataset(user: Actor | AnonymousUser, org: str, name: str) -> Dataset:
    """Return the dataset that this person may open; `SYSTEM` may open all.

    `AccessNeeded` for a gated one that they were not let into, and `NotFound` for any other.
    """
    visible = Dataset.objects.all() if isinstance(user, System) else Dataset.objects.visible_to(user)
    dataset = visible.filter(org=org, name=name).first()
    if dataset is None:
        refuse_if_gated(org, name)
        raise NotFound(_("There is no dataset %(name)s, or it is not open to you.") % {"name": f"{org}/{name}"[:150]})
    return dataset


def load_release(user: Actor | AnonymousUser, org: str, name: str, version: str) -> Release:
    """Return the version that this person may open, or raise as `load_dataset`."""
    visible = Release.objects.all() if isinstance(user, System) else Release.objects.visible_to(user)
    try:
        number = versions.parse(version)
    except ValueError as error:
        raise NotFound(str(error)) from error
    found = visible.filter(dataset__org=org, dataset__name=name)
    release = (
        found.filter(major=number.major, minor=number.minor, patch=number.patch)
        .select_related("dataset", "rubric", "policy", "created_by", "withdrawn", "selection")
        .first()
    )
    if release is None:
        if not isinstance(user, System) and not Dataset.objects.visible_to(user).filter(org=org, name=name).exists():
            refuse_if_gated(org, name)
        text = _("There is no version %(version)s of %(name)s, or it is not open to you.")
        raise NotFound(text % {"version": number, "name": f"{org}/{name}"[:150]})
    return release


def load_listed(user: Actor | AnonymousUser, org: str, name: str) -> Dataset:
    """Return a dataset that this person may open or, being gated, ask for. `NotFound` otherwise."""
    listed = Dataset.objects.all() if isinstance(user, System) else Dataset.objects.listed_to(user)
    dataset = listed.filter(org=org, name=name).first()
    return dataset or load_dataset(user, org, name)


def refuse_if_gated(org: str, name: str) -> None:
    """Raise `AccessNeeded` if there is a gated dataset of this name."""
    if Dataset.objects.filter(org=org, name=name, visibility=Visibility.GATED).exists():
        text = _("%(name)s is open to whoever accepted its terms or was let in. Its page says how to get access.")
        raise AccessNeeded(text % {"name": f"{org}/{name}"}, data={"dataset": f"{org}/{name}"})


def split_name(written: str) -> tuple[str, str]:
    """Return org and name of `ORG/NAME`; `InvalidInput` when it is not written so or could not be a dataset's name."""
    org, slash, name = written.partition("/")
    if not (org and slash and name) or "/" in name:
        raise InvalidInput(_("“%(written)s” is not a dataset: write it as ORG/NAME.") % {"written": written[:150]})
    check_name(org, name)
    return org, name


def check_name(org: str, name: str) -> None:
    """Raise `InvalidInput` when `org/name` could not be a dataset's name, and say what could."""
    for part, longest in ((org, names.LONGEST_ORG), (name, names.LONGEST_NAME)):
        if not names.fits(part, longest):
            text = _(
                "“%(part)s” cannot be a name: use up to %(longest)d letters and digits, with single - or _ between."
            )
            raise InvalidInput(text % {"part": part[:100], "longest": longest})
