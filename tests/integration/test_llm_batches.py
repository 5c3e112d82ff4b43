"""Calls handed over together: sent once, found again after a restart, collected as often as it takes."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.llm.actions import create_provider, open_budget, set_price
from curation.llm.batches import (
    Opened,
    abandon,
    are_batches_due,
    cancel,
    close,
    collect,
    look,
    open_batch,
    send,
    take_due_batches,
)
from curation.llm.batches.collecting import is_passing
from curation.llm.calling import Answered, Ask, Gateway
from curation.llm.errors import BudgetSpent, ProviderRefused, ProviderUnreachable, RequestRejected
from curation.llm.ledger import PlannedCall, post
from curation.llm.models import Batch, BatchState, Budget, Provider, Spend
from curation.llm.prices import Usage
from tests.model_stand_in import StandIn
from tests.models import ask_of, provider_at, through_a_gateway
from tests.openai_batches import batch_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(stand_in: StandIn) -> Provider:
    return provider_at(stand_in)


def asks(provider: Provider, count: int = 3, **fields: Any) -> list[Ask]:
    return [ask_of(provider, f"Story {n}.", idempotency_key=f"story-{n}", **fields) for n in range(count)]


async def ended(gateway: Gateway, batch_id: int) -> None:
    while await look(gateway, batch_id) != BatchState.ENDED:
        await asyncio.sleep(0.05)


async def collected(gateway: Gateway, batch_id: int) -> dict[str, Any]:
    return {key: outcome async for key, outcome in collect(gateway, batch_id)}


async def hand_over(gateway: Gateway, asks: list[Ask]) -> int:
    opened = await open_batch(gateway, asks)
    assert opened.id is not None
    await send(gateway, opened)
    return opened.id


def due_batches() -> list[int]:
    """Take what is due, and let it be due again."""
    assert (
        are_batches_due()
        == Batch.objects.filter(state__in=["sending", "sent", "ended", "lost"], next_at__lte=timezone.now()).exists()
    )
    due = [row.pk for row in take_due_batches()]
    assert not take_due_batches(), "nobody else is given one meanwhile"
    Batch.objects.filter(pk__in=due).update(next_at=timezone.now())
    return due


def sent(provider: Provider, **fields: Any) -> int:
    return through_a_gateway(lambda gateway: hand_over(gateway, asks(provider, **fields)))


def test_a_batch_is_answered_at_half_the_price_and_found_by_any_process(provider: Provider, stand_in: StandIn) -> None:
    budget = open_budget(actor=SYSTEM, limit_micro_usd=1_000_000, purpose="run 1")
    batch_id = sent(provider, budget_id=budget.pk, purpose="run 1")
    budget.refresh_from_db()
    assert budget.reserved_micro_usd > 0
    assert due_batches() == [batch_id]

    async def in_another_process(gateway: Gateway) -> list[dict[str, Any]]:
        await ended(gateway, batch_id)
        return [await collected(gateway, batch_id) for _again in range(2)]

    first, again = through_a_gateway(in_another_process)
    assert first == again, "whoever stops in the middle may begin anew"
    assert sorted(first) == ["story-0", "story-1", "story-2"]
    assert all(isinstance(one, Answered) and json.loads(one.raw)["word"] for one in first.values())
    bill = stand_in.bill(with_entries=True)
    assert all(entry.batch for entry in bill.entries)
    budget.refresh_from_db()
    month = Budget.objects.get(provider=provider)
    for one in (budget, month):
        assert (one.reserved_micro_usd, one.spent_micro_usd, one.unknown_micro_usd) == (0, bill.micro_usd, 0)
    through_a_gateway(lambda gateway: close(gateway, batch_id))
    assert due_batches() == []
    with pytest.raises(Conflict):
        through_a_gateway(lambda gateway: collected(gateway, batch_id))


def test_a_batch_of_which_something_is_refused_keeps_nothing_back(provider: Provider, stand_in: StandIn) -> None:
    stand_in.begin(key="another")
    with pytest.raises(ProviderRefused):
        sent(provider)
    stand_in.begin()
    stand_in.refuse()
    with pytest.raises(ProviderUnreachable):
        sent(provider)
    stand_in.accept()
    assert [row.state for row in Batch.objects.order_by("pk")] == ["refused"] * 2
    assert {row.state for row in Spend.objects.all()} == {"released"}
    assert due_batches() == []
    assert stand_in.bill().calls == 0


def test_a_batch_takes_what_there_is_money_for(provider: Provider, stand_in: StandIn) -> None:
    budget = open_budget(actor=SYSTEM, limit_micro_usd=30_000, purpose="run 1")
    asked = asks(provider, 8, budget_id=budget.pk)

    def opened() -> Opened:
        found = through_a_gateway(lambda gateway: open_batch(gateway, asked))
        budget.refresh_from_db()
        return found

    some = opened()
    assert budget.left_micro_usd >= 0
    assert 0 < len(some.asks) < 8
    assert (len(some.spends), some.asks + some.left, some.refusal) == (len(some.asks), asked, None)
    none = opened()
    assert (none.id, none.asks, none.left, none.refusal) == (None, [], asked, None), "what is kept back may come free"
    Budget.objects.filter(pk=budget.pk).update(limit_micro_usd=100)
    assert isinstance(opened().refusal, BudgetSpent), "and this never will"
    through_a_gateway(lambda gateway: abandon(gateway, some))
    budget.refresh_from_db()
    assert (budget.reserved_micro_usd, Batch.objects.get().state) == (0, "refused")
    assert stand_in.bill().calls == 0


def test_a_batch_that_is_cancelled_is_paid_for_as_far_as_it_was_answered(provider: Provider, stand_in: StandIn) -> None:
    stand_in.begin(batch_seconds=3600)
    batch_id = sent(provider)

    async def work(gateway: Gateway) -> dict[str, Any]:
        for _again in range(2):
            await cancel(gateway, batch_id)
        await ended(gateway, batch_id)
        await cancel(gateway, batch_id)
        return await collected(gateway, batch_id)

    found = through_a_gateway(work)
    assert [type(one) for one in found.values()] == [ProviderUnreachable] * 3
    assert stand_in.bill().calls == 0
    assert set(Spend.objects.values_list("state", flat=True)) == {"released"}


@pytest.mark.parametrize(
    ("body", "passing"),
    [
        ('{"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}', True),
        ('{"type": "error", "error": {"type": "api_error"}}', True),
        ('{"type": "error", "error": {"type": "invalid_request_error"}}', False),
        ('{"status_code": 500, "body": {"error": {"message": "oops"}}}', True),
        ('{"status_code": 429, "body": {}}', True),
        ('{"status_code": 400, "body": {"error": {"code": "too_long"}}}', False),
        ("[]", False),
        ("{", False),
        ("", False),
    ],
)
def test_what_a_provider_did_not_get_to_is_told_from_what_it_refuses(body: str, passing: bool) -> None:
    assert is_passing(body) == passing


def test_what_a_batch_says_of_each_call_is_told_apart(provider: Provider) -> None:
    mixed = [*asks(provider, 2), ask_of(provider, "C", idempotency_key="warm", temperature=0.5)]
    model = "practice-erratic"
    told = [Ask(**{**vars(one), "model": model}) for one in mixed]
    batch_id = through_a_gateway(lambda gateway: hand_over(gateway, told))

    async def work(gateway: Gateway) -> dict[str, Any]:
        await ended(gateway, batch_id)
        return await collected(gateway, batch_id)

    found = through_a_gateway(work)
    assert isinstance(found["warm"], RequestRejected)
    assert isinstance(found["story-0"], Answered)
    states = dict(Spend.objects.values_list("key", "state"))
    assert states == {"story-0": "settled", "story-1": "settled", "warm": "released"}


def test_openais_batches_are_spoken_too() -> None:
    with batch_server(refuse="story-2") as server:
        provider = create_provider(actor=SYSTEM, name="OpenAI", kind="openai", key="sk-x", base_url=server.url)
        set_price(
            actor=SYSTEM,
            provider=provider,
            model="practice-steady",
            input=Decimal(2),
            cached_read=Decimal(1),
            cached_write=Decimal(2),
            output=Decimal(10),
        )
        batch_id = sent(provider)

        async def work(gateway: Gateway) -> dict[str, Any]:
            states = [await look(gateway, batch_id) for _look in range(2)]
            assert states == [BatchState.SENT, BatchState.ENDED]
            return await collected(gateway, batch_id)

        found = through_a_gateway(work)
        assert [line["body"]["text"]["format"]["type"] for line in server.lines] == ["json_schema"] * 3
    first, _second, third = (found[f"story-{n}"] for n in range(3))
    assert json.loads(first.raw) == {"word": "ready", "value": 4}
    # 40 read at 2, 60 from the cache at 1, 10 written at 10: 240, and half of it in a batch.
    assert (first.usage, first.micro_usd) == (Usage(40, 60, 0, 10), 120)
    assert isinstance(third, RequestRejected)
    assert sorted(Spend.objects.values_list("state", flat=True)) == ["released", "settled", "settled"]


def test_a_batch_whose_sender_was_killed_is_found_at_the_provider(provider: Provider, stand_in: StandIn) -> None:
    """The provider had taken it, and nobody lived to write that down."""
    other, batch_id = sent(provider, count=1), sent(provider, count=2)
    Batch.objects.filter(pk=batch_id).update(state="lost", handle=None)
    assert batch_id in due_batches()

    async def work(gateway: Gateway) -> dict[str, Any]:
        await ended(gateway, other)
        await ended(gateway, batch_id)
        return await collected(gateway, batch_id)

    found = through_a_gateway(work)
    assert [type(one) for one in found.values()] == [Answered, Answered]
    assert stand_in.bill().calls == 3, "nothing was bought twice"


def opened_long_ago(provider: Provider, **ago: float) -> Batch:
    made = Batch.objects.create(
        provider=provider, model="practice-steady", size=1, created_at=timezone.now() - timedelta(**ago)
    )
    post([PlannedCall(provider.pk, "practice-steady", 10, 10, batch_id=made.pk, key="one")], [])
    return made


def state_of(batch: Batch) -> tuple[str, str]:
    batch.refresh_from_db()
    return batch.state, Spend.objects.get(batch=batch).state


def test_a_batch_that_never_arrived_is_given_up(provider: Provider) -> None:
    fresh, stale = opened_long_ago(provider, minutes=1), opened_long_ago(provider, hours=1)
    assert due_batches() == [stale.pk]
    assert (state_of(fresh), state_of(stale)) == (("sending", "reserved"), ("lost", "unknown"))
    assert through_a_gateway(lambda gateway: look(gateway, stale.pk)) == BatchState.REFUSED
    assert state_of(stale) == ("refused", "released"), "the provider does not have it"


def test_a_batch_that_may_be_another_that_is_under_way_is_looked_for_again(
    provider: Provider, stand_in: StandIn
) -> None:
    stand_in.begin(batch_seconds=3600)
    stale = opened_long_ago(provider, hours=1)
    due_batches()
    other = sent(provider)
    Batch.objects.filter(pk=other).update(handle={"id": "of somebody else"})
    assert through_a_gateway(lambda gateway: look(gateway, stale.pk)) == BatchState.LOST


def test_a_batch_of_openai_that_nobody_finds_is_given_up_after_a_day() -> None:
    provider = create_provider(actor=SYSTEM, name="OpenAI", kind="openai", key="sk-x")
    stale, old = opened_long_ago(provider, hours=1), opened_long_ago(provider, hours=26)
    assert due_batches() == [stale.pk, old.pk]
    states = [through_a_gateway(lambda gateway, one=one: look(gateway, one.pk)) for one in (stale, old)]  # type: ignore[misc]
    assert states == [BatchState.LOST, BatchState.REFUSED]
    assert state_of(old) == ("refused", "unknown"), "it may have been paid"


def test_a_batch_that_its_provider_has_forgotten_is_given_up(provider: Provider) -> None:
    old = opened_long_ago(provider, days=30)
    Batch.objects.filter(pk=old.pk).update(state="sent", handle={"id": "gone"})
    assert due_batches() == []
    assert state_of(old) == ("refused", "unknown")


def test_what_is_no_batch_is_refused(provider: Provider) -> None:
    one = asks(provider, 1)
    odd = [
        [],
        one * 2,
        [ask_of(provider, idempotency_key="two words")],
        [ask_of(provider)],
        [*one, ask_of(provider, model="practice-kind", idempotency_key="b")],
    ]
    for batch in odd:
        with pytest.raises(InvalidInput):
            through_a_gateway(lambda gateway, batch=batch: hand_over(gateway, batch))  # type: ignore[misc]
    for work in (look, collected):
        with pytest.raises(NotFound):
            through_a_gateway(lambda gateway, work=work: work(gateway, 99))  # type: ignore[misc]
    assert not Batch.objects.exists()


def test_a_batch_is_never_removed(provider: Provider) -> None:
    batch = Batch.objects.create(provider=provider, model="m", size=1)
    for change in (
        "DELETE FROM llm_batch",
        "UPDATE llm_batch SET size = 2",
        "UPDATE llm_batch SET state = 'collected'",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert Batch.objects.get().pk == batch.pk
