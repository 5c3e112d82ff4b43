"""Prices that an admin sets."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.llm.models import PriceOverride, Provider
from curation.llm.permissions import check_can_keep_providers

# Dollars per million tokens. Ten thousand is far above what any model has cost.
DEAREST = Decimal(10_000)


def set_price(
    *,
    actor: Actor,
    provider: Provider,
    model: str,
    input: Decimal | None,
    output: Decimal | None,
    cached_read: Decimal | None = None,
    cached_write: Decimal | None = None,
    batch_percent: int = 50,
) -> PriceOverride:
    """Set what a model costs from now on, in dollars per million tokens.

    Without prices, what is published counts again. What is not said of the cache costs as much as other input. Raises
    `InvalidInput` for half a price, or one beyond reason.
    """
    check_can_keep_providers(actor=actor)
    if (input is None) != (output is None) or not model.strip():
        raise InvalidInput(_("Say the model, and what it costs to read and to write; or neither price."))
    if any(price is not None and not 0 <= price <= DEAREST for price in (input, cached_read, cached_write, output)):
        raise InvalidInput(_("A price is nothing or more, and at most 10,000 dollars per million tokens."))
    if not 0 <= batch_percent <= 100:
        raise InvalidInput(_("A batch costs between 0 and 100 percent."))
    if input is not None:
        cached_read = input if cached_read is None else cached_read
        cached_write = input if cached_write is None else cached_write
    else:
        cached_read = cached_write = None
    with transaction.atomic():
        row = PriceOverride.objects.create(
            provider=provider,
            model=model.strip()[:120],
            input=input,
            cached_read=cached_read,
            cached_write=cached_write,
            output=output,
            batch_percent=batch_percent,
            created_by_id=actor.pk,
        )
        said = {"input": str(input), "output": str(output)} if input is not None else {}
        record(actor=actor, verb="price.set", target=provider, model=row.model, **said)
    return row
