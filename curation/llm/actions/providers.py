"""Providers: making, changing and removing them. Their keys go in here, and come out nowhere."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core.environment import is_address
from curation.core.errors import Conflict, InvalidInput
from curation.core.folding import Folded
from curation.llm.actions.budgets import check_limit
from curation.llm.clock import this_month
from curation.llm.from_environment import named_in_environment
from curation.llm.keys import encrypt_key
from curation.llm.models import Budget, Provider, ProviderKind
from curation.llm.permissions import check_can_keep_providers
from curation.webhooks.addresses import may_be_called

CHANGEABLE = (
    "name",
    "base_url",
    "default_model",
    "requests_per_minute",
    "tokens_per_minute",
    "in_flight",
    "timeout_seconds",
    "month_limit_micro_usd",
)
LONGEST_KEY = 500


def create_provider(
    *, actor: Actor, name: str, kind: str, key: str = "", is_practice: bool = False, **fields: Any
) -> Provider:
    """Make a provider with its key. `fields` are any of `CHANGEABLE`.

    Raises `InvalidInput` for what is no address, no limit or no key, and `Conflict` where the name is taken.
    """
    check_can_keep_providers(actor=actor)
    if kind not in ProviderKind.values:
        raise InvalidInput(_("Choose one of the kinds."))
    provider = Provider(kind=kind, is_practice=is_practice, created_by_id=actor.pk)
    _put(provider, {"name": name, **fields})
    if key:
        _put_key(provider, key)
    with transaction.atomic():
        _save(provider)
        record(actor=actor, verb="provider.created", target=provider, kind=provider.kind, address=provider.address)
    return provider


def change_provider(*, actor: Actor, provider: Provider, key: str = "", **fields: Any) -> Provider:
    """Change what is given of a provider; the key too, if one is given. Calls under way end as they began.

    A stored key goes to no other address than it was entered for: with another `base_url` it has to be entered anew,
    or `InvalidInput` is raised. The address of a provider from the environment stays as it is.
    """
    check_can_keep_providers(actor=actor)
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=provider.pk)
        if row.removed_at is not None:
            raise Conflict(_("This provider has been removed."))
        before = {field: getattr(row, field) for field in CHANGEABLE}
        _put(row, fields)
        if row.key_variable and (key or row.base_url != before["base_url"]):
            raise InvalidInput(_("The environment says what key it has and where it is."))
        if row.encrypted_key is not None and row.base_url != before["base_url"] and not key:
            raise InvalidInput(_("Enter the key again: it is not sent to another address than it was entered for."))
        if key:
            _put_key(row, key)
        changed = sorted(field for field in CHANGEABLE if getattr(row, field) != before[field])
        if not changed and not key:
            return row
        _save(row)
        if "month_limit_micro_usd" in changed:
            now = Budget.objects.filter(provider=row, month=this_month())
            now.update(limit_micro_usd=row.month_limit_micro_usd)
        record(actor=actor, verb="provider.changed", target=row, changed=changed, key=bool(key))
    return row


def remove_provider(*, actor: Actor, provider: Provider) -> None:
    """Forget a provider's key and ask it no more. What was spent there stays. Doing it again changes nothing."""
    check_can_keep_providers(actor=actor)
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=provider.pk)
        if row.removed_at is not None:
            return
        if row.key_variable:
            raise Conflict(_("Take %(name)s out of the environment instead.") % {"name": row.key_variable})
        row.encrypted_key = row.key_set_at = None
        row.removed_at = timezone.now()
        row.save(update_fields=["encrypted_key", "key_set_at", "removed_at"])
        record(actor=actor, verb="provider.removed", target=row)


def install_named_providers() -> list[Provider]:
    """Make or update the providers that the environment names, and return them. Doing it again changes nothing."""
    found = []
    for named in named_in_environment():
        with transaction.atomic():
            row = Provider.objects.select_for_update().filter(key_variable=named.key_variable).first()
            if row is None:
                name = named.name
                alike = Provider.objects.alias(folded=Folded("name")).filter(folded=Folded(Value(name)))
                if alike.filter(removed_at=None).exists():
                    name = f"{named.name} ({named.key_variable})"
                row = Provider(name=name, kind=named.kind, key_variable=named.key_variable, base_url=named.base_url)
                _save(row)
                record(actor=SYSTEM, verb="provider.created", target=row, kind=row.kind, address=row.address)
            elif row.base_url != named.base_url:
                row.base_url = named.base_url
                row.save(update_fields=["base_url"])
                record(actor=SYSTEM, verb="provider.changed", target=row, changed=["base_url"], key=False)
        found.append(row)
    return found


def _put(provider: Provider, fields: dict[str, Any]) -> None:
    unknown = fields.keys() - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"no field of a provider: {sorted(unknown)}")
    for field, value in fields.items():
        setattr(provider, field, value.strip() if isinstance(value, str) else value)
    provider.base_url = provider.base_url.rstrip("/")
    if not provider.name or len(provider.name) > 60:
        raise InvalidInput(_("Give it a name of 60 characters or less."))
    if provider.base_url and (not is_address(provider.base_url) or len(provider.base_url) > 300):
        raise InvalidInput(_("An address looks like https://models.example.org/v1, without keys in it."))
    if provider.base_url and not may_be_called(provider.base_url):
        raise InvalidInput(_("Nothing is sent to this address: no server with models has it. Give another."))
    check_limit(provider.month_limit_micro_usd)
    limits = (provider.requests_per_minute, provider.tokens_per_minute, provider.in_flight)
    if min(limits) < 1 or max(limits) > 2**31 - 1 or provider.in_flight > 1_000:
        raise InvalidInput(_("Limits are whole numbers above 0, and at most 1,000 calls at a time."))
    if not 1 <= provider.timeout_seconds <= 600:
        raise InvalidInput(_("A call may take between 1 and 600 seconds."))


def _put_key(provider: Provider, key: str) -> None:
    key = key.strip()
    # What a header can carry; anything else is a slip of the clipboard.
    if not (key.isascii() and key.isprintable()) or " " in key or len(key) > LONGEST_KEY:
        raise InvalidInput(_("That is no key: it has spaces or letters that no key has."))
    provider.encrypted_key = encrypt_key(key, address=provider.address)
    provider.key_set_at = timezone.now()


def _save(provider: Provider) -> None:
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError as error:
        if "provider_name_once" in str(error):
            raise Conflict(_("Another provider has this name.")) from None
        raise
