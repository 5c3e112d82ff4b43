"""Who somebody on an Argilla server is here: by their e-mail address or name, or as a curator says."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from annotations.actions import recuse_from
from annotations.models import Saw
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.accounts.models import Role, User
from curation.argilla.actions.waking import wake_worker
from curation.argilla.client import Argilla, Json
from curation.argilla.models import ArgillaPerson, ArgillaRecord, ArgillaServer, Link
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput

REVIEWERS = [Role.ANNOTATOR, Role.CURATOR, Role.ADMIN]


def meet(server: ArgillaServer, argilla: Argilla) -> int:
    """Note who has an account there, and who of them is one person here for sure; return how many are new.

    That is whose e-mail address or name here is their name there. What was settled stays as it is.
    """
    users = argilla.people()
    # One that is somebody's and has no name any more is that of an erased person.
    met = ArgillaPerson.objects.filter(~Q(username="") | Q(person__isnull=False), server=server)
    known = set(met.values_list("account", flat=True))
    new = [one for one in users if one["id"] not in known]
    for one in new:
        _note(server, one)
    return len(new)


def account_of(server: ArgillaServer, account: str) -> ArgillaPerson:
    """Return the account of this id there; one that nobody has told of yet is noted."""
    return ArgillaPerson.objects.select_related("person").get_or_create(server=server, account=account)[0]


def settle_account(
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
        if person is not None:
            recuse_from_suggested(row)
        wake_worker(Link.objects.filter(server=row.server_id))
    return row


def recuse_from_suggested(account: ArgillaPerson) -> None:
    """Keep a person from reviewing blind what they may have seen a judge's suggestions on."""
    if account.person is not None:
        shown = ArgillaRecord.objects.filter(link__server=account.server_id, link__judge__isnull=False)
        recuse_from(user=account.person, stories=shown.values_list("item__story", flat=True), saw=Saw.SCORES)


def _note(server: ArgillaServer, told: Json) -> None:
    username = str(told.get("username") or "")[:200]
    name = " ".join(str(told.get(part) or "") for part in ("first_name", "last_name")).strip()[:300]
    with transaction.atomic():
        row = account_of(server, told["id"])
        row.username, row.name = username, name
        if row.person is None and not row.ignored:
            row.person = _only_one(server, username)
        row.save(update_fields=["username", "name", "person"])
        recuse_from_suggested(row)


def _only_one(server: ArgillaServer, username: str) -> User | None:
    """The one person here who has this e-mail address or name and no account there yet."""
    named = Q(email__iexact=username) if "@" in username else Q(username__iexact=username)
    people = User.objects.filter(named, is_active=True, role__in=REVIEWERS)
    found = list(people.exclude(pk__in=_have_one(server))[:2])
    return found[0] if len(found) == 1 else None


def _have_one(server: ArgillaServer) -> list[int]:
    rows = ArgillaPerson.objects.filter(server=server, person__isnull=False)
    return [pk for pk in rows.values_list("person", flat=True) if pk is not None]
