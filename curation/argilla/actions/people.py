"""Who somebody on an Argilla server is here: by their e-mail address, or as a curator says; and what they may read."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.argilla.actions.waking import try_at_once, wake_worker
from curation.argilla.blindness import recuse_one
from curation.argilla.client import Argilla, Json, moment
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaServer, Link, RoleThere
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput


def meet(server: ArgillaServer, argilla: Argilla) -> int:
    """Note who has an account there, in which role, and who is one person here for sure; return how many are new.

    That is whose e-mail address here is their name there. What somebody said of one stays as it is.
    """
    told = {one["id"]: one for one in argilla.people()}
    rows = {row.account: row for row in ArgillaPerson.objects.filter(server=server)}
    # One that is somebody's and has no name any more is that of an erased person.
    new = [one for one in told if one not in rows or not (rows[one].username or rows[one].person_id)]
    for one in new:
        _note(server, told[one])
    # One that is not told of any more answers nothing any more, and keeps the role in which it did.
    for account in told.keys() & rows.keys() - set(new):
        _note_role(rows[account], told[account])
    return len(new)


def account_of(server: ArgillaServer, account: str) -> ArgillaPerson:
    """Return the account of this id there; one that nobody has told of yet is noted."""
    return ArgillaPerson.objects.select_related("person").get_or_create(server=server, account=account)[0]


def map_account(
    *, actor: Actor, account: ArgillaPerson, person: User | None = None, ignored: bool = False
) -> ArgillaPerson:
    """Say who an account belongs to; with `ignored`, to nobody here. What waits for that is brought in.

    Raises `InvalidInput` for somebody who does not review, `Conflict` for one who has an account there already.
    """
    check_can_run_queues(actor=actor)
    if (person is None) is not ignored:
        raise InvalidInput(_("Choose a person, or say that it belongs to nobody here."))
    if person is not None and not (person.is_active and person.is_reviewer):
        raise InvalidInput(
            _("%(name)s cannot review: only active annotators, curators and admins do.") % {"name": person.shown_name}
        )
    with transaction.atomic():
        row = ArgillaPerson.objects.select_for_update(of=("self",)).get(pk=account.pk)
        row.person, row.ignored = person, ignored
        try:
            with transaction.atomic():
                row.save(update_fields=["person", "ignored"])
        except IntegrityError:
            raise Conflict(_("Another account there belongs to this person already.")) from None
        record(
            actor=actor, verb="argilla_account.settled", target=row, user=person.pk if person else None, ignored=ignored
        )
        recuse_one(row)
        try_at_once(ArgillaAnswer.objects.filter(account=row))
        wake_worker(Link.objects.filter(server=row.server_id))
    return row


def _note(server: ArgillaServer, told: Json) -> None:
    username = str(told.get("username") or "")[:200]
    name = " ".join(str(told.get(part) or "") for part in ("first_name", "last_name")).strip()[:300]
    with transaction.atomic():
        row = account_of(server, told["id"])
        row.username, row.name = username, name
        if row.person is None and not row.ignored:
            row.person = _by_address(server, username)
        row.save(update_fields=["username", "name", "person"])
        _note_role(row, told)
        recuse_one(row)
        try_at_once(ArgillaAnswer.objects.filter(account=row))


def _note_role(row: ArgillaPerson, told: Json) -> None:
    """Keep the role that an account has there; one that is not known here counts as none."""
    role = str(told.get("role") or "")
    role = role if role in RoleThere.values else ""
    if role == row.role:
        return
    if row.role and row.reads_all:
        # What is kept of it there changed with its role, and maybe since: until then at the latest it could read.
        row.read_until = moment(told["updated_at"])
    row.role = role
    row.save(update_fields=["role", "read_until"])


def _by_address(server: ArgillaServer, username: str) -> User | None:
    """The one person here whose e-mail address this is and who has no account there yet, closed or not."""
    if "@" not in username:
        return None
    found = list(User.objects.filter(email__iexact=username).exclude(pk__in=_have_one(server))[:2])
    return found[0] if len(found) == 1 else None


def _have_one(server: ArgillaServer) -> list[int]:
    rows = ArgillaPerson.objects.filter(server=server, person__isnull=False)
    return [pk for pk in rows.values_list("person", flat=True) if pk is not None]
