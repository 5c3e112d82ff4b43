"""Finding datasets and releases by the names that people use."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.accounts.models import Role, User
from curation.core.errors import AccessNeeded, InvalidInput, NotFound
from curation.core.prepared import Prepared
from curation.releases import names, versions
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility

Row = TypeVar("Row", Dataset, Release)
# Of whom only the role says what they may open: strangers, and admins, whom no limit binds.
ALIKE = {None, Role.ADMIN}
PARTS = ("dataset", "rubric", "policy", "created_by", "withdrawn", "selection")


def _dataset(role: Role | None, *, org: str, name: str, person: int = 0) -> QuerySet[Dataset]:
    return Dataset.objects.visible_to(_reader(role, person)).filter(org=org, name=name)


def _release(
    role: Role | None, *, org: str, name: str, major: int, minor: int, patch: int, person: int = 0
) -> QuerySet[Release]:
    found = Release.objects.visible_to(_reader(role, person)).filter(dataset__org=org, dataset__name=name)
    return found.filter(major=major, minor=minor, patch=patch).select_related(*PARTS)


def _reader(role: Role | None, person: int) -> User | AnonymousUser:
    return AnonymousUser() if role is None else User(pk=person, role=role)


def _for_each(make: Callable[..., QuerySet[Row]], **kinds: type) -> dict[str | None, Prepared[Row]]:
    """Return the query for each role, and for strangers: what somebody may open depends on that and on who they are."""
    return {
        role: Prepared(partial(make, role), **kinds, **({} if role in ALIKE else {"person": int}))
        for role in (None, *Role)
    }


DATASET = _for_each(_dataset, org=str, name=str)
RELEASE = _for_each(_release, org=str, name=str, major=int, minor=int, patch=int)


def _asked(queries: dict[str | None, Prepared[Row]], user: User | AnonymousUser, **parameters: Any) -> Row | None:
    role = None if isinstance(user, AnonymousUser) else user.role
    person = {} if role in ALIKE else {"person": user.pk}
    return queries[role].first(**parameters, **person)


def load_dataset(user: Actor | AnonymousUser, org: str, name: str) -> Dataset:
    """Return the dataset that this person may open; `SYSTEM` may open all.

    `AccessNeeded` for a gated one that they were not let into, and `NotFound` for any other.
    """
    if isinstance(user, System):
        dataset = Dataset.objects.filter(org=org, name=name).first()
    else:
        dataset = _asked(DATASET, user, org=org, name=name)
    if dataset is None:
        refuse_if_gated(org, name)
        raise NotFound(_("There is no dataset %(name)s, or it is not open to you.") % {"name": f"{org}/{name}"[:150]})
    return dataset


def load_release(user: Actor | AnonymousUser, org: str, name: str, version: str) -> Release:
    """Return the version that this person may open, or raise as `load_dataset`."""
    try:
        number = versions.parse(version)
    except ValueError as error:
        raise NotFound(str(error)) from error
    numbers = {"major": number.major, "minor": number.minor, "patch": number.patch}
    if isinstance(user, System):
        found = Release.objects.filter(dataset__org=org, dataset__name=name, **numbers)
        release = found.select_related(*PARTS).first()
    else:
        release = _asked(RELEASE, user, org=org, name=name, **numbers)
    if release is None:
        if not isinstance(user, System) and _asked(DATASET, user, org=org, name=name) is None:
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
