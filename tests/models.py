"""Building blocks for tests that call models: the stand-in as a provider, and something to ask it."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

from asgiref.sync import async_to_sync

from curation.accounts.actors import SYSTEM
from curation.llm.actions import create_provider, set_price
from curation.llm.calling import Ask, Gateway
from curation.llm.models import Provider
from tests.model_stand_in import StandIn

Found = TypeVar("Found")
SCHEMA = {
    "title": "reading",
    "type": "object",
    "properties": {"word": {"type": "string"}, "value": {"type": "integer"}},
    "required": ["word", "value"],
    "additionalProperties": False,
}
# Long enough for a provider to keep it.
PREFIX = "Read the story as the rubric says. " * 200
# Dollars for a million tokens: to read, and to answer. The stand-in's bill has the same.
PRICES = {"practice-steady": (3, 15), "practice-kind": (1, 5), "practice-erratic": (Decimal("0.25"), Decimal("1.25"))}


def provider_at(stand_in: StandIn, *, kind: str = "anthropic", name: str = "Stand-in", **fields: Any) -> Provider:
    """Return the stand-in as a provider with a key, whose prices are those of its own bill."""
    url = stand_in.url if kind == "anthropic" else stand_in.openai_url
    given = {"timeout_seconds": 300, "requests_per_minute": 600_000, "tokens_per_minute": 2_000_000_000}
    made = create_provider(
        actor=SYSTEM, name=name, kind=kind, base_url=url, **{"key": "sk-practice-secret", **given, **fields}
    )
    for model, (reading, answering) in PRICES.items():
        read = Decimal(reading)
        set_price(
            actor=SYSTEM,
            provider=made,
            model=model,
            input=read,
            cached_read=read / 10,
            cached_write=read * Decimal("1.25"),
            output=Decimal(answering),
        )
    return made


def ask_of(provider: Provider, text: str = "A tug waited.", **fields: Any) -> Ask:
    """Return something to ask."""
    given = {"model": "practice-steady", "prefix": PREFIX, "schema": SCHEMA, "max_output_tokens": 500}
    return Ask(provider_id=provider.pk, text=text, **{**given, **fields})


def through_a_gateway(work: Callable[[Gateway], Awaitable[Found]]) -> Found:
    """Return what `work` does with an open gateway; by then everything that was spent is written."""

    async def opened() -> Found:
        async with Gateway() as gateway:
            return await work(gateway)

    return async_to_sync(opened)()
