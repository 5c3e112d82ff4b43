"""Tokens: what programs sign in by. Each is shown once; only its hash is kept."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.crypto import hash_token

from curation.accounts.actors import Actor
from curation.accounts.models import SCOPES_OF, Scope, Token, User
from curation.accounts.permissions import check_can_make_token, check_can_revoke_token
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.prepared import Prepared

# Scanners for secrets that were published by mistake know a token by it.
PREFIX = "exempla_"
LONGEST_DAYS = 366
MOST_TOKENS = 50
# The last use is noted so exactly, so that most calls write nothing.
NOTED_EVERY = timedelta(minutes=1)


def create_token(*, actor: Actor, user: User, name: str, scopes: Collection[str], days: int = 90) -> tuple[Token, str]:
    """Make a token by which a program acts as `user`; return it and its secret, which cannot be shown again.

    `name` has 1 to 80 characters, `scopes` are some of those that the role includes (`SCOPES_OF`), and it lasts `days`
    (1 to `LONGEST_DAYS`). Raises `NotAllowed` where somebody makes one for another person, `InvalidInput` for what does
    not fit, `Conflict` for one beyond `MOST_TOKENS`.
    """
    check_can_make_token(actor=actor, user=user)
    name = name.replace("\0", "").strip()
    if not name or len(name) > 80:
        raise InvalidInput(_("Give the token a name of up to 80 characters, such as the program that will use it."))
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(_("A token lasts 1 to %(most)s days.") % {"most": LONGEST_DAYS})
    allowed = SCOPES_OF[user.role]
    if not scopes or not set(scopes) <= set(allowed):
        names = ", ".join(allowed)
        raise InvalidInput(_("Choose what the token may do. Your role includes: %(scopes)s.") % {"scopes": names})
    with transaction.atomic():
        # With the account locked, two at a time cannot pass the limit together.
        row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not row.is_active:
            raise Conflict(_("This account is closed. Open it again first."))
        if Token.objects.live().filter(user=row).count() >= MOST_TOKENS:
            raise Conflict(_("You have %(most)s tokens. Revoke one that you do not need.") % {"most": MOST_TOKENS})
        token, secret = Token.objects.create(
            user=row,
            expiry=timedelta(days=days),
            prefix=PREFIX,
            name=name,
            scopes=[scope for scope in Scope.values if scope in scopes],
            created_by_id=actor.pk,
        )
        record(actor=actor, verb="token.created", target=token, name=name, scopes=token.scopes, days=days)
    return token, secret


def revoke_token(*, actor: Actor, token: Token) -> None:
    """End a token at once. Doing it again changes nothing. Raises `NotAllowed` for another's, except for an admin."""
    check_can_revoke_token(actor=actor, token=token)
    with transaction.atomic():
        _end(actor, Token.objects.filter(pk=token.pk))


def revoke_tokens_of(*, actor: Actor, user: User) -> int:
    """End all tokens of a person, inside the transaction that closes their account; return how many."""
    return _end(actor, Token.objects.filter(user=user))


def token_of(secret: str) -> Token | None:
    """Return the live token of this secret, with its person, where the account is open; None for any other."""
    if not secret.startswith(PREFIX):
        return None
    return LIVE_TOKEN.first(digest=hash_token(secret), now=timezone.now())


def _live_token(digest: str, now: datetime) -> QuerySet[Token]:
    rows: QuerySet[Token] = Token.objects.live(now).filter(digest=digest, user__is_active=True)
    return rows.select_related("user")


# Asked with every call.
LIVE_TOKEN = Prepared(_live_token, digest=str, now=datetime)


def note_use(token: Token) -> None:
    """Note that a token was used, at most once a minute."""
    due = timezone.now() - NOTED_EVERY
    if token.was_used_before(due):
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=due)
        Token.objects.filter(unnoted, pk=token.pk).update(last_used_at=Now())


def tokens_of(user: User) -> QuerySet[Token]:
    """Return a person's tokens that were not revoked, the newest first; those whose time is over too."""
    rows: QuerySet[Token] = Token.objects.filter(user=user, revoked_at__isnull=True)
    return rows.order_by("-id")


def _end(actor: Actor, tokens: QuerySet[Token]) -> int:
    ended = list(tokens.filter(revoked_at__isnull=True).select_for_update())
    Token.objects.filter(pk__in=[token.pk for token in ended]).update(revoked_at=Now())
    for token in ended:
        record(actor=actor, verb="token.revoked", target=token, name=token.name)
    return len(ended)
