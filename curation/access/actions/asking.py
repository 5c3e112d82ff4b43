"""Accepting the terms of a gated dataset, or asking to be let in; and giving access up."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.access.models import Grant, GrantState
from curation.access.models.grant import OPEN
from curation.access.permissions import check_can_ask
from curation.access.queries.grants import is_shut_out, newest_grant, terms_of
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.releases.models import Dataset

LONGEST_PURPOSE = 2_000


def ask_for_access(*, actor: User, dataset: Dataset, terms: int, purpose: str = "") -> Grant:
    """Accept the terms with the number `terms`. The grant is `granted` if that is enough, else `waiting` for a curator.

    Where a curator let the person in before and only the terms changed since, accepting the new ones is enough. Who has
    access, or waits for it, gets what is there. Raises `NotAllowed` where there is nothing to ask for and to whom
    access was revoked while no curator lets them in again, `Conflict` when other terms hold by now, and `InvalidInput`
    where a purpose is missing or long.
    """
    purpose = purpose.strip()
    if len(purpose) > LONGEST_PURPOSE:
        raise InvalidInput(_("A purpose has up to %(most)d characters.") % {"most": LONGEST_PURPOSE})
    with transaction.atomic():
        # Terms are written under the same lock, and so are requests: one is open at a time.
        locked = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        check_can_ask(actor=actor, dataset=locked)
        hold, last = terms_of(locked), newest_grant(actor, locked)
        if last is not None and last.state in OPEN:
            return last
        if hold is None or hold.number != terms:
            raise Conflict(_("The terms have changed, or there are none yet. Read them on the dataset's page."))
        if not hold.by_request and is_shut_out(actor, locked):
            raise NotAllowed(_("Your access was revoked. Ask a curator."))
        was_let_in = last is not None and last.state == GrantState.OUTDATED and last.decided_by_id is not None
        if hold.by_request and not was_let_in:
            if not purpose:
                raise InvalidInput(_("Say what you want to do with the dataset, in a sentence or two."))
            made = Grant.objects.create(dataset=locked, person=actor, terms=hold, purpose=purpose)
            record(actor=actor, verb="access.asked_for", target=locked, version=hold.number)
            return made
        made = Grant.objects.create(
            dataset=locked,
            person=actor,
            terms=hold,
            purpose=purpose,
            state=GrantState.GRANTED,
            decided_at=Now(),
            decided_by_id=last.decided_by_id if last is not None and was_let_in else None,
        )
        record(actor=actor, verb="access.accepted", target=locked, version=hold.number)
    made.refresh_from_db()
    return made


def give_up(*, actor: User, dataset: Dataset) -> None:
    """End one's own access, or ask for it no longer; `Conflict` where there is none."""
    with transaction.atomic():
        mine = Grant.objects.filter(dataset=dataset, person=actor, state__in=OPEN)
        if not mine.update(state=GrantState.GIVEN_UP, decided_at=Now()):
            raise Conflict(_("You have no access to this dataset, and did not ask for it."))
        record(actor=actor, verb="access.given_up", target=dataset)
