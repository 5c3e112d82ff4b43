"""Forgetting who somebody was."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from annotations.actions.people import close
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput
from curation.erasure.models import PersonErasure
from curation.erasure.permissions import check_can_erase

FORGET = "SELECT erasure_erase_person(%s)"


def erase_person(*, actor: Actor, user: User, with_comments: bool, confirmed_name: str) -> PersonErasure:
    """Forget who somebody was, for good, and close their account.

    Their names, e-mail address, preferences, sessions, tokens, drafts and the secrets behind their pseudonyms are
    destroyed; their ratings stay under the pseudonyms, which nobody can trace to them any more, and the log keeps a
    number. `with_comments` destroys what they wrote in their own words too. `confirmed_name` is the name that they sign
    in by, against slips. Raises `NotAllowed` for anybody but an admin, `InvalidInput` for another name, and `Conflict`
    for the last admin, for oneself, and when it is done already.
    """
    check_can_erase(actor=actor)
    if PersonErasure.objects.filter(user=user).exists():
        raise Conflict(_("This person is erased already."))
    if confirmed_name.strip() != user.username:
        raise InvalidInput(_("Write the name that this person signs in by, so that nobody else is erased."))
    try:
        with transaction.atomic():
            close(actor=actor, user=user)
            made = PersonErasure.objects.create(user=user, with_comments=with_comments, asked_by_id=actor.pk)
            with connection.cursor() as cursor:
                cursor.execute(FORGET, [made.pk])
            _end_sessions(user)
    except IntegrityError as error:
        raise Conflict(_("This person is erased already.")) from error
    made.refresh_from_db()
    return made


def _end_sessions(user: User) -> None:
    """Remove the sessions of a person, who are named inside of each."""
    theirs = [
        session.session_key
        for session in Session.objects.order_by().iterator(chunk_size=1_000)
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=theirs).delete()
