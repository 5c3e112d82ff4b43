"""Asking a provider how far a batch is, finding one that nobody wrote down, and ending one early."""

from datetime import timedelta
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db.models.functions import Now

from curation.llm.asking import Ask
from curation.llm.batches.rows import load, move, spends_of, still_lost, wait
from curation.llm.batches.speaking import handle_of, plain, request_in, speaking
from curation.llm.calling import Gateway, ProviderChannel
from curation.llm.models import Batch, BatchState, ProviderKind

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.models.batch import Batch as Handle

# How far the clocks of a provider and of the database may differ.
CLOCKS_APART = timedelta(minutes=5)
NOWHERE = "nowhere"


async def look(gateway: Gateway, batch_id: int) -> BatchState:
    """Ask the provider how far a batch is, write it down, and return it.

    One that was lost is looked for, and is `refused` once it is known that it never arrived.
    """
    row = await sync_to_async(load)(batch_id)
    if row.state not in (BatchState.SENT, BatchState.LOST):
        return BatchState(row.state)
    channel = await gateway.channel(row.provider_id)
    async with speaking(channel, row.model) as model:
        if row.state == BatchState.LOST:
            handle = await _look_for(row, channel, model)
            if handle is None or isinstance(handle, str):
                return await sync_to_async(still_lost)(batch_id, is_nowhere=handle == NOWHERE)
            await sync_to_async(move)(row.pk, BatchState.SENT, handle=plain(handle))
        else:
            handle = await model.batch_status(handle_of(row))
    ended = handle.status == "ended"
    await sync_to_async(move if ended else wait)(
        row.pk, BatchState.ENDED if ended else BatchState.SENT, handle=plain(handle)
    )
    return BatchState.ENDED if ended else BatchState.SENT


async def cancel(gateway: Gateway, batch_id: int) -> None:
    """Ask the provider to end a batch that it has. What it has answered by then is paid for, and can be collected."""
    row = await sync_to_async(load)(batch_id)
    if row.state != BatchState.SENT or row.cancelled_at is not None:
        return
    channel = await gateway.channel(row.provider_id)
    async with speaking(channel, row.model) as model:
        handle = await model.batch_cancel(handle_of(row))
    await sync_to_async(wait)(batch_id, BatchState.SENT, handle=plain(handle), cancelled_at=Now(), next_at=Now())


async def close(gateway: Gateway, batch_id: int) -> None:
    """Say that all answers of a batch are stored."""
    await gateway.settled()
    await sync_to_async(move)(batch_id, BatchState.COLLECTED)


async def _look_for(row: Batch, channel: ProviderChannel, model: "Model") -> "Handle | str | None":
    """Return a batch that was sent by somebody who did not live to write it down; None where that cannot be told (yet).

    Of the batches that the provider lists, it is the one with a result for one of our keys. Where all of them have
    ended and it is none of them, it is `NOWHERE`.
    """
    from pydantic_ai.models.batch import Batch as Handle

    if channel.provider.kind != ProviderKind.ANTHROPIC:
        return None
    keys = set(await sync_to_async(spends_of)(row.pk))
    known = await sync_to_async(_known_ids)(row.provider_id)
    group = (await model.batch_encode(request_in(channel, model, _nothing(row)))).group
    listed = model.client.beta.messages.batches.list(limit=100)  # type: ignore[attr-defined]
    is_one_open = False
    async for one in listed:
        if one.created_at < row.created_at - CLOCKS_APART:
            break
        if one.id in known:
            continue
        if one.processing_status != "ended":
            is_one_open = True
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
    return None if is_one_open else NOWHERE


def _nothing(row: Batch) -> Ask:
    schema = {"title": "answer", "type": "object", "properties": {}}
    return Ask(row.provider_id, row.model, "-", "-", schema, 16, idempotency_key="0")


def _known_ids(provider_id: int) -> set[str]:
    handles = Batch.objects.filter(provider=provider_id).exclude(handle=None).values_list("handle__id", flat=True)
    return set(handles)
