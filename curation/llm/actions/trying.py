"""Trying a provider: one real call, and what it took."""

import asyncio
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import ExemplaError, InvalidInput
from curation.llm.calling import Answered, Ask, Gateway
from curation.llm.errors import AnswerLost
from curation.llm.models import Provider
from curation.llm.permissions import check_can_keep_providers

SCHEMA = {
    "title": "greeting",
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
# Enough for a model that thinks before it says a word.
OUTPUT_TOKENS = 1_000
# Somebody waits for the page.
LONGEST_SECONDS = 30


@dataclass(frozen=True)
class TrialCall:
    """What the call brought: an answer, or the sentence that says why there is none."""

    answered: Answered | None
    problem: str = ""


def try_provider(*, actor: Actor, provider: Provider, model: str = "") -> TrialCall:
    """Make one real, paid call. What goes wrong with it is returned; it counts against the provider's month."""
    check_can_keep_providers(actor=actor)
    model = model.strip() or provider.default_model
    if not model or len(model) > 120:
        raise InvalidInput(_("Say which model to call."))
    ask = Ask(
        provider_id=provider.pk,
        model=model,
        prefix="You are asked this to see whether you can be reached. Answer as the schema says.",
        text="Answer with the word “ready”.",
        schema=SCHEMA,
        max_output_tokens=OUTPUT_TOKENS,
        purpose="test",
    )
    try:
        tested = TrialCall(async_to_sync(_ask)(ask))
    except TimeoutError:
        said = _("%(name)s did not answer within %(n)s seconds.") % {"name": provider.name, "n": LONGEST_SECONDS}
        tested, code = TrialCall(None, said), AnswerLost.code
    except ExemplaError as error:
        tested, code = TrialCall(None, error.message), error.code
    else:
        code = ""
    with transaction.atomic():
        record(actor=actor, verb="provider.tested", target=provider, model=model, error=code)
    return tested


async def _ask(ask: Ask) -> Answered:
    async with Gateway() as gateway, asyncio.timeout(LONGEST_SECONDS):
        return await gateway.ask(ask)
