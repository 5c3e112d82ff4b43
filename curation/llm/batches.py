"""Calls handed to a provider together: half the price, and an answer within a day.

A row of `Batch` is stored before anything is sent and says, after any restart, where the answers are. Its calls are
rows of `Spend`, named by their `idempotency_key`, whose money is kept back until the answers are there. `hand_over`
sends, `look` asks how far it is, `collect` returns the answers, as often as it is asked, and `close` says that they
are stored.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotFound
from curation.llm import asking
from curation.llm.answers import message_in, usage_in
from curation.llm.asking import Answered, Ask
from curation.llm.calling import Door, Line
from curation.llm.errors import AnswerLost, AnswerUnusable, ProviderUnreachable, RequestRejected
from curation.llm.ledger import Ended, keep_back_together, lock_budgets_of
from curation.llm.models import Batch, BatchState, Kind, Spend, SpendState
from curation.llm.prices import Tariff, Usage
from curation.llm.wire import HEARING, MOST_KEPT, Heard, http_client

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.models.batch import Batch as Handle
    from pydantic_ai.models.batch import BatchRequest, BatchResult

MOST_CALLS = 5_000
# What the answers of a whole batch may come to.
MOST_BYTES = 500_000_000
KEY = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# A batch that is being sent for longer than this has lost its sender.
SENDING = timedelta(minutes=15)
LOOKED_AT_EVERY = timedelta(seconds=60)
# Providers keep results for 29 days or 30.
FORGOTTEN = timedelta(days=29)
# How far the clocks of a provider and of the database may differ.
CLOCKS_APART = timedelta(minutes=5)
Outcome = Answered | AnswerUnusable | ProviderUnreachable


async def hand_over(door: Door, asks: Sequence[Ask], *, actor_id: int | None = None) -> int:
    """Hand calls of one provider and model over together, and return the id of their `Batch`.

    Each has an `idempotency_key` of its own, of letters, digits, `_` and `-`. Raises what `Door.ask` raises. Nothing is
    kept back then, unless the batch may have arrived after all: it is `lost`, and `look` looks for it.
    """
    first = _check(asks)
    line = await door.line(first.provider_id)
    tariff = await door.tariff(line, first.model)
    row = await sync_to_async(Batch.objects.create)(
        provider_id=first.provider_id,
        model=first.model,
        purpose=first.purpose,
        size=len(asks),
        created_by_id=actor_id,
    )
    wanted = [door.wanted(line, ask, tariff, door.input_bound(line, ask), batch_id=row.pk) for ask in asks]
    kept: list[int] = []
    try:
        kept = await sync_to_async(keep_back_together)(wanted)
        async with _speaking(line, first.model) as model:
            handle = await _create(line, model, asks)
    except BaseException as error:
        lost = not isinstance(error, ExemplaError) or isinstance(error, AnswerLost)
        code = error.code if isinstance(error, ExemplaError) else "lost"
        for spend in kept:
            door.ledger.settle(Ended(spend, released=not lost, error=code))
        state = BatchState.LOST if lost else BatchState.REFUSED
        await sync_to_async(_move)(row.pk, state, error=str(error)[:300])
        raise
    await sync_to_async(_move)(row.pk, BatchState.SENT, handle=_plain(handle))
    return row.pk


async def look(door: Door, batch_id: int) -> BatchState:
    """Ask the provider how far a batch is, write it down, and return it. One that was lost is looked for."""
    row = await sync_to_async(_load)(batch_id)
    if row.state not in (BatchState.SENT, BatchState.LOST):
        return BatchState(row.state)
    line = await door.line(row.provider_id)
    async with _speaking(line, row.model) as model:
        if row.state == BatchState.LOST:
            handle = await _look_for(row, line, model)
            if handle is None:
                return BatchState.LOST
            await sync_to_async(_move)(row.pk, BatchState.SENT, handle=_plain(handle))
        else:
            handle = await model.batch_status(_handle(row))
    ended = handle.status == "ended"
    await sync_to_async(_move if ended else _wait)(
        row.pk, BatchState.ENDED if ended else BatchState.SENT, handle=_plain(handle)
    )
    return BatchState.ENDED if ended else BatchState.SENT


async def collect(door: Door, batch_id: int) -> AsyncIterator[tuple[str, Outcome]]:
    """Return what became of each call of a batch that has ended, by its key, and settle it.

    The same again each time, until the provider forgets it, so whoever stores the answers may stop in the middle. What
    the provider never ran is a `ProviderUnreachable`: it is to be asked again, and was not paid.
    """
    row = await sync_to_async(_load)(batch_id)
    if row.state != BatchState.ENDED:
        raise Conflict(_("This batch has not been answered yet, or was collected before."))
    line = await door.line(row.provider_id)
    tariff = await door.tariff(line, row.model)
    spends = await sync_to_async(_spends)(row.pk)
    async with _speaking(line, row.model) as model:
        results = await model.batch_results(_handle(row))
    for result in results:
        if (spend_id := spends.pop(result.custom_id, None)) is not None:
            yield result.custom_id, _outcome(door, line, model, tariff, result, spend_id)
    for key, spend_id in spends.items():
        door.ledger.settle(Ended(spend_id, error=AnswerLost.code))
        yield key, AnswerLost(_("The batch came back without an answer to this."), spend_id=spend_id)


async def close(door: Door, batch_id: int) -> None:
    """Say that all answers of a batch are stored."""
    await door.settled()
    await sync_to_async(_move)(batch_id, BatchState.COLLECTED)


def due_batches(*, purpose: str = "") -> list[int]:
    """Return the ids of batches to `look` at or to `collect`, and count as lost those whose sender has gone."""
    for row in Batch.objects.filter(state=BatchState.SENDING, created_at__lt=Now() - SENDING):
        with transaction.atomic():
            spends = Spend.objects.filter(batch=row, state=SpendState.RESERVED)
            lock_budgets_of(spends.values_list("pk", flat=True))
            spends.update(state=SpendState.UNKNOWN, settled_at=Now(), error="lost")
            _move(row.pk, BatchState.LOST, error="lost")
    due = Batch.objects.filter(state__in=[BatchState.SENT, BatchState.ENDED, BatchState.LOST], next_at__lte=Now())
    found = due.filter(created_at__gt=Now() - FORGOTTEN)
    return list((found.filter(purpose=purpose) if purpose else found).order_by("next_at").values_list("pk", flat=True))


def _check(asks: Sequence[Ask]) -> Ask:
    keys = {ask.idempotency_key for ask in asks}
    if not 0 < len(asks) <= MOST_CALLS or len(keys) < len(asks) or not all(map(KEY.fullmatch, keys)):
        raise InvalidInput(_("A batch has between 1 and 5,000 calls, each with a key of its own."))
    if len({(ask.provider_id, ask.model) for ask in asks}) > 1:
        raise InvalidInput(_("A batch is for one model of one provider."))
    return asks[0]


@asynccontextmanager
async def _speaking(line: Line, name: str) -> "AsyncIterator[Model]":
    """Give the model to speak to about batches, with errors in our terms. Its answers may be larger than of a call."""
    seconds = line.provider.timeout_seconds
    http = http_client(address=line.provider.address, seconds=seconds, most_bytes=MOST_BYTES)
    heard = Heard()
    token = HEARING.set(heard)
    try:
        model = asking.model_for(line.provider, line.secret, name, http, for_batches=True)
        if model.batch_max_requests is None:
            raise InvalidInput(_("%(name)s takes no batches.") % {"name": line.provider.name})
        yield model
    except ExemplaError:
        raise
    except Exception as error:
        raise asking.failure_of(error, heard, line.provider, line.secret).error from None
    finally:
        HEARING.reset(token)
        await http.aclose()


async def _create(line: Line, model: "Model", asks: Sequence[Ask]) -> "Handle":
    return await model.batch_create([await model.batch_encode(_request(line, model, ask)) for ask in asks])


def _request(line: Line, model: "Model", ask: Ask) -> "BatchRequest":
    from pydantic_ai.models.batch import BatchRequest

    messages, settings, parameters = asking.request_of(ask, model, line.provider, in_batch=True)
    return BatchRequest(
        custom_id=ask.idempotency_key,
        messages=messages,
        model_settings=settings,
        model_request_parameters=parameters,
    )


def _outcome(door: Door, line: Line, model: "Model", tariff: Tariff, result: "BatchResult", spend_id: int) -> Outcome:
    from pydantic_ai.models.batch import BatchRequest

    name = {"name": line.provider.name}
    if result.status in ("expired", "canceled"):
        door.ledger.settle(Ended(spend_id, released=True, error=result.status))
        return ProviderUnreachable(_("%(name)s ended the batch before this was asked.") % name, retry_after=1)
    body = line.secret.hidden_in(result.body or "")
    if result.status == "errored":
        door.ledger.settle(Ended(spend_id, released=True, error=RequestRejected.code))
        said = _("%(name)s does not take this request.") % name
        return RequestRejected(said, raw=body[:MOST_KEPT], spend_id=spend_id)
    try:
        reply = asking.reply_of(model.batch_decode(result, BatchRequest(custom_id=result.custom_id, messages=[])))
    except Exception:
        usage = usage_in(message_in(result.body or ""))
        cost = None if usage is None else tariff.of(usage, in_batch=True)
        door.ledger.settle(Ended(spend_id, usage=usage, micro_usd=cost, error=AnswerUnusable.code))
        said = _("What %(name)s answered is not what was asked for.") % name
        return AnswerUnusable(said, raw=body[:MOST_KEPT], spend_id=spend_id)
    used = reply.usage or Usage()
    cost = tariff.of(used, in_batch=True)
    door.ledger.settle(Ended(spend_id, usage=used, micro_usd=cost))
    return Answered(reply.text, used, cost, 0.0, spend_id, reply.response_id, reply.stop_reason)


async def _look_for(row: Batch, line: Line, model: "Model") -> "Handle | None":
    """Return a batch that was sent by somebody who did not live to write it down; None where it is not there (yet).

    Of the batches that the provider lists, it is the one with a result for one of our keys.
    """
    from pydantic_ai.models.batch import Batch as Handle

    if line.provider.kind != Kind.ANTHROPIC:
        return None
    keys = set(await sync_to_async(_spends)(row.pk))
    known = await sync_to_async(_known_ids)(row.provider_id)
    group = (await model.batch_encode(_request(line, model, _nothing(row)))).group
    listed = model.client.beta.messages.batches.list(limit=100)  # type: ignore[attr-defined]
    async for one in listed:
        if one.created_at < row.created_at - CLOCKS_APART:
            return None
        if one.id in known or one.processing_status != "ended":
            continue
        handle = Handle(
            id=one.id,
            model_name=row.model,
            provider_name=model.system,
            group=group,
            status="ended",
            created_at=one.created_at,
            request_count=row.size,
        )
        if any(result.custom_id in keys for result in await model.batch_results(handle)):
            return handle
    return None


def _nothing(row: Batch) -> Ask:
    schema = {"title": "answer", "type": "object", "properties": {}}
    return Ask(row.provider_id, row.model, "-", "-", schema, 16, idempotency_key="0")


def _load(batch_id: int) -> Batch:
    row = Batch.objects.filter(pk=batch_id).first()
    if row is None:
        raise NotFound(_("There is no such batch."))
    return row


def _spends(batch_id: int) -> dict[str, int]:
    return dict(Spend.objects.filter(batch=batch_id).values_list("key", "pk"))


def _known_ids(provider_id: int) -> set[str]:
    handles = Batch.objects.filter(provider=provider_id).exclude(handle=None).values_list("handle__id", flat=True)
    return set(handles)


def _move(batch_id: int, state: BatchState, **fields: Any) -> None:
    if state == BatchState.ENDED:
        fields["ended_at"] = Now()
    with transaction.atomic():
        # The same again, by two workers who asked at once, is no move.
        Batch.objects.filter(pk=batch_id).exclude(state=state).update(state=state, next_at=Now(), **fields)


def _wait(batch_id: int, _state: BatchState, **fields: Any) -> None:
    Batch.objects.filter(pk=batch_id, state=BatchState.SENT).update(next_at=Now() + LOOKED_AT_EVERY, **fields)


def _plain(handle: "Handle") -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(type(handle)).dump_python(handle, mode="json")


def _handle(row: Batch) -> "Handle":
    from pydantic import TypeAdapter
    from pydantic_ai.models.batch import Batch as Handle

    return TypeAdapter(Handle).validate_python(row.handle)
