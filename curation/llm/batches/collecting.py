"""What became of each call of a batch."""

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.utils.translation import gettext as _

from curation.core.errors import Conflict
from curation.llm import asking
from curation.llm.answers import error_in, message_in, usage_in
from curation.llm.asking import Answered
from curation.llm.batches.rows import load, spends_of
from curation.llm.batches.speaking import handle_of, speaking
from curation.llm.calling import Gateway, ProviderChannel
from curation.llm.errors import AnswerLost, AnswerUnusable, ProviderUnreachable, RequestRejected
from curation.llm.ledger import Ended
from curation.llm.models import BatchState
from curation.llm.prices import Tariff, Usage
from curation.llm.wire import MOST_KEPT

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.models.batch import BatchResult

# What a provider says of a call in a batch that it did not get to: another time it may.
PASSING = {"api_error", "overloaded_error", "rate_limit_error", "server_error", "timeout_error"}
Outcome = Answered | AnswerUnusable | ProviderUnreachable


async def collect(gateway: Gateway, batch_id: int) -> AsyncIterator[tuple[str, Outcome]]:
    """Return what became of each call of a batch that has ended, by its key, and settle it.

    The same again each time, until the provider forgets it, so whoever stores the answers may stop in the middle. What
    the provider never ran is a `ProviderUnreachable`: it is to be asked again, and was not paid.
    """
    row = await sync_to_async(load)(batch_id)
    if row.state != BatchState.ENDED:
        raise Conflict(_("This batch has not been answered yet, or was collected before."))
    channel = await gateway.channel(row.provider_id)
    tariff = await gateway.tariff(channel, row.model)
    spends = await sync_to_async(spends_of)(row.pk)
    async with speaking(channel, row.model) as model:
        results = await model.batch_results(handle_of(row))
    for result in results:
        if (spend_id := spends.pop(result.custom_id, None)) is not None:
            yield result.custom_id, _outcome(gateway, channel, model, tariff, result, spend_id)
    for key, spend_id in spends.items():
        gateway.ledger.settle(Ended(spend_id, error=AnswerLost.code))
        yield key, AnswerLost(_("The batch came back without an answer to this."), spend_id=spend_id)


def _outcome(
    gateway: Gateway, channel: ProviderChannel, model: "Model", tariff: Tariff, result: "BatchResult", spend_id: int
) -> Outcome:
    from pydantic_ai.models.batch import BatchRequest

    name = {"name": channel.provider.name}
    if result.status in ("expired", "canceled"):
        gateway.ledger.settle(Ended(spend_id, released=True, error=result.status))
        return ProviderUnreachable(_("%(name)s ended the batch before this was asked.") % name, retry_after=1)
    body = channel.secret.hidden_in(result.body or "")
    if result.status == "errored" and is_passing(result.body or ""):
        gateway.ledger.settle(Ended(spend_id, released=True, error=AnswerUnusable.code))
        return AnswerUnusable(_("%(name)s did not get to this one.") % name, spend_id=spend_id)
    if result.status == "errored":
        gateway.ledger.settle(Ended(spend_id, released=True, error=RequestRejected.code))
        said = _("%(name)s does not take this request.") % name
        return RequestRejected(said, raw=body[:MOST_KEPT], spend_id=spend_id)
    try:
        reply = asking.reply_of(model.batch_decode(result, BatchRequest(custom_id=result.custom_id, messages=[])))
    except Exception:
        usage = usage_in(message_in(result.body or ""))
        cost = None if usage is None else tariff.of(usage, in_batch=True)
        gateway.ledger.settle(Ended(spend_id, usage=usage, micro_usd=cost, error=AnswerUnusable.code))
        said = _("What %(name)s answered is not what was asked for.") % name
        return AnswerUnusable(said, raw=body[:MOST_KEPT], spend_id=spend_id)
    used = reply.usage or Usage()
    cost = tariff.of(used, in_batch=True)
    gateway.ledger.settle(Ended(spend_id, usage=used, micro_usd=cost))
    return Answered(reply.text, used, cost, 0.0, spend_id, reply.response_id, reply.stop_reason)


def is_passing(body: str) -> bool:
    """Whether an error of a call in a batch says nothing about what was asked."""
    try:
        said = json.loads(body)
        status = said.get("status_code") or 0
        code, _message = error_in(json.dumps(said.get("body", said)).encode())
    except (ValueError, AttributeError, RecursionError):
        return False
    return status >= 500 or status == 429 or code in PASSING
