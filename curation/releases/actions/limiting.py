"""Limiting what a person does with datasets to some of them."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.accounts.permissions import check_can_keep_accounts
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.releases import names
from curation.releases.models import Dataset, DatasetLimit
from curation.releases.queries.limits import kept_limits


def limit_person(*, actor: Actor, user: User, orgs: Collection[str], datasets: Collection[Dataset]) -> None:
    """Let a person work with all datasets of these organisations, those to come included, and with these datasets.

    It holds from the next request on. An organisation need not have a dataset yet. Raises `NotAllowed` for anybody but
    an admin, `InvalidInput` for nothing at all (see `lift_limits`) and for what cannot be an organisation.
    """
    check_can_keep_accounts(actor=actor)
    wanted = sorted({org.strip().lower() for org in orgs} - {""})
    if not wanted and not datasets:
        raise InvalidInput(_("Choose at least one organisation or dataset that they work with."))
    for org in wanted:
        if not names.fits(org, names.LONGEST_ORG):
            raise InvalidInput(_("“%(name)s” cannot be the name of an organisation.") % {"name": org[:80]})
    rows = [DatasetLimit(user=user, org=org) for org in wanted]
    rows += [DatasetLimit(user=user, dataset=dataset) for dataset in {one.pk: one for one in datasets}.values()]
    with transaction.atomic():
        before = _locked(user)
        DatasetLimit.objects.filter(user=user).delete()
        DatasetLimit.objects.bulk_create(rows)
        if (now := _told(user)) != before:
            record(actor=actor, verb="user.limited", target=user, was=before, to=now)


def lift_limits(*, actor: Actor, user: User) -> None:
    """Let a person work with all datasets again, as their role says. Doing it again changes nothing."""
    check_can_keep_accounts(actor=actor)
    with transaction.atomic():
        before = _locked(user)
        if DatasetLimit.objects.filter(user=user).delete()[0]:
            record(actor=actor, verb="user.limits_lifted", target=user, was=before)


def _locked(user: User) -> str:
    # Two admins at once: the second changes what the first has kept.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return _told(user)


def _told(user: User) -> str:
    limits = kept_limits(user)
    return ", ".join(limits.names) if limits else ""
