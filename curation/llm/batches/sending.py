"""Writing a batch down, keeping its money back, and handing it over."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils.translation import gettext as _

from curation.core.errors import Conflict, ExemplaError, InvalidInput
from curation.llm.asking import Ask
from curation.llm.batches.rows import move
from curation.llm.batches.speaking import plain, request_in, speaking
from curation.llm.calling import Gateway, ProviderChannel
from curation.llm.errors import AnswerLost, BudgetSpent
from curation.llm.ledger import Ended, PlannedCall, Refusal, post
from curation.llm.models import Batch, BatchState

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.models.batch import Batch as Handle

MOST_CALLS = 5_000
KEY = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True)
class Opened:
    """A batch that is written down and not sent: the calls for which money is kept back, and the rows that say so.

    `id` is None where there was room for none. `left` are those for which there was none beside what is under way;
    `refusal` says why the budget would not do for some of them even without that.
    """

    id: int | None
    asks: list[Ask]
    spends: list[int]
    left: list[Ask]
    refusal: BudgetSpent | None = None


async def open_batch(gateway: Gateway, asks: Sequence[Ask], *, actor_id: int | None = None) -> Opened:
    """Write down a batch of calls of one provider and model, and keep back the most that they can cost.

    Each has an `idempotency_key` of its own, of letters, digits, `_` and `-`. Nobody waits for money that others keep
    back: a day is too long. Raises `ProviderRefused` and `PriceUnknown`.
    """
    first = _check(asks)
    channel = await gateway.channel(first.provider_id)
    tariff = await gateway.tariff(channel, first.model)
    bounds = [gateway.input_bound(channel, ask) for ask in asks]

    def wanted(batch_id: int) -> list[PlannedCall]:
        pairs = zip(asks, bounds, strict=True)
        return [gateway.wanted(channel, ask, tariff, bound, batch_id=batch_id) for ask, bound in pairs]

    return await sync_to_async(_opened)(list(asks), wanted, actor_id)


async def send(gateway: Gateway, opened: Opened) -> None:
    """Hand an opened batch over to its provider.

    Raises what `Gateway.ask` raises. Nothing is kept back then, unless the batch may have arrived after all
    (`AnswerLost`, or something that is no `ExemplaError`): it is `lost`, and `look` looks for it.
    """
    assert opened.id is not None  # noqa: S101 - tells mypy what is asked of the caller  # nosec
    channel = await gateway.channel(opened.asks[0].provider_id)
    try:
        async with speaking(channel, opened.asks[0].model) as model:
            handle = await _create(channel, model, opened.asks)
    except BaseException as error:
        lost = not isinstance(error, ExemplaError) or isinstance(error, AnswerLost)
        await _not_sent(gateway, opened, error, BatchState.LOST if lost else BatchState.REFUSED)
        raise
    await sync_to_async(move)(opened.id, BatchState.SENT, handle=plain(handle))


async def abandon(gateway: Gateway, opened: Opened) -> None:
    """Send an opened batch not at all."""
    await _not_sent(gateway, opened, Conflict(_("It was not sent.")), BatchState.REFUSED)


def _check(asks: Sequence[Ask]) -> Ask:
    keys = {ask.idempotency_key for ask in asks}
    if not 0 < len(asks) <= MOST_CALLS or len(keys) < len(asks) or not all(map(KEY.fullmatch, keys)):
        raise InvalidInput(_("A batch has between 1 and 5,000 calls, each with a key of its own."))
    if len({(ask.provider_id, ask.model) for ask in asks}) > 1:
        raise InvalidInput(_("A batch is for one model of one provider."))
    return asks[0]


async def _create(channel: ProviderChannel, model: "Model", asks: Sequence[Ask]) -> "Handle":
    return await model.batch_create([await model.batch_encode(request_in(channel, model, ask)) for ask in asks])


async def _not_sent(gateway: Gateway, opened: Opened, error: BaseException, state: BatchState) -> None:
    assert opened.id is not None  # noqa: S101 - tells mypy what is asked of the caller  # nosec
    code = error.code if isinstance(error, ExemplaError) else "lost"
    for spend in opened.spends:
        gateway.ledger.settle(Ended(spend, released=state == BatchState.REFUSED, error=code))
    await sync_to_async(move)(opened.id, state, error=str(error)[:300])


class _Fewer(Exception):
    """There is no room for all: the answers of the ledger, one for each."""


def _opened(asks: list[Ask], wanted: Callable[[int], list[PlannedCall]], actor_id: int | None) -> Opened:
    left: list[Ask] = []
    refusal: BudgetSpent | None = None
    fits = [True] * len(asks)
    while any(fits):
        chosen = [ask for ask, is_in in zip(asks, fits, strict=True) if is_in]
        try:
            with transaction.atomic():
                row = Batch.objects.create(
                    provider_id=chosen[0].provider_id,
                    model=chosen[0].model,
                    purpose=chosen[0].purpose,
                    size=len(chosen),
                    created_by_id=actor_id,
                )
                answers = post([one for one, is_in in zip(wanted(row.pk), fits, strict=True) if is_in], [])
                kept = [one for one in answers if isinstance(one, int)]
                if len(kept) < len(answers):
                    raise _Fewer(answers)
                return Opened(row.pk, chosen, kept, left, refusal)
        except _Fewer as fewer:
            told = iter(fewer.args[0])
            for place, ask in enumerate(asks):
                if fits[place] and not isinstance(answer := next(told), int):
                    fits[place] = False
                    left.append(ask)
                    if isinstance(answer, Refusal):
                        refusal = answer.error()
    return Opened(None, [], [], left, refusal)
