"""What calls cost, as the database keeps it: nothing is removed, counters are true, and what is lost stays counted."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import Error, OperationalError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import InvalidInput
from curation.llm import ledger as ledgers
from curation.llm.actions import change_budget, change_provider, create_provider, open_budget, settle_lost
from curation.llm.errors import BudgetSpent
from curation.llm.ledger import Ended, Ledger, PlannedCall, post
from curation.llm.models import Batch, Budget, Provider, Spend
from curation.llm.prices import Usage
from tests.builders import person

pytestmark = pytest.mark.django_db
USED = Usage(input_tokens=10, output_tokens=2)


@pytest.fixture
def provider() -> Provider:
    return create_provider(actor=SYSTEM, name="Ours", kind="openai")


@pytest.fixture
def budget() -> Budget:
    return open_budget(actor=SYSTEM, limit_micro_usd=100, purpose="run 1")


def wanted(provider: Provider, budget: Budget | None, cost: int = 10, **fields: Any) -> PlannedCall:
    given = {"model": "m", "seconds": 10, "budget_id": budget.pk if budget else None}
    return PlannedCall(provider_id=provider.pk, at_most_micro_usd=cost, **{**given, **fields})


def counters(budget: Budget) -> tuple[int, int, int]:
    budget.refresh_from_db()
    return budget.reserved_micro_usd, budget.spent_micro_usd, budget.unknown_micro_usd


def test_counters_follow_every_move_of_a_call_for_the_run_and_for_the_month(provider: Provider, budget: Budget) -> None:
    first, second, third = post([wanted(provider, budget) for _call in range(3)], [])
    month = Budget.objects.get(provider=provider)
    assert counters(budget) == counters(month) == (30, 0, 0)
    assert month.month is not None
    assert month.month.day == 1
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert isinstance(third, int)
    post([], [Ended(first, usage=USED, micro_usd=4), Ended(second, released=True), Ended(third)])
    assert counters(budget) == counters(month) == (0, 4, 10)
    # It was not lost after all.
    post([], [Ended(third, usage=USED, micro_usd=6)])
    assert counters(budget) == counters(month) == (0, 10, 0)
    post([], [Ended(third, usage=USED, micro_usd=9), Ended(first), Ended(second, usage=USED, micro_usd=1)])
    assert counters(budget) == counters(month) == (0, 10, 0), "what is settled stays as it is"


def test_the_next_call_is_refused_waits_or_goes(provider: Provider, budget: Budget) -> None:
    found = post([wanted(provider, budget, cost) for cost in (101, 60, 60, 40, 1)], [])
    assert isinstance(found[0], ledgers.Refusal)
    assert [type(one) for one in found[1:]] == [int, type(None), int, type(None)]
    assert counters(budget) == (100, 0, 0)


def test_a_budget_may_be_spent_to_the_last_of_it(provider: Provider, budget: Budget) -> None:
    (first,) = post([wanted(provider, budget, 100)], [])
    assert isinstance(first, int)
    post([], [Ended(first, usage=USED, micro_usd=60)])
    assert [type(one) for one in post([wanted(provider, budget, cost) for cost in (41, 40)], [])] == [
        ledgers.Refusal,
        int,
    ]


def test_what_is_said_again_of_a_lost_call_changes_nothing(provider: Provider, budget: Budget) -> None:
    (lost,) = post([wanted(provider, budget)], [])
    assert isinstance(lost, int)
    post([], [Ended(lost, error="timeout")])
    post([], [Ended(lost, error="cancelled")])
    assert counters(budget) == (0, 0, 10)
    assert Spend.objects.values_list("error", flat=True).get(pk=lost) == "timeout"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM llm_spend",
        "UPDATE llm_spend SET reserved_micro_usd = 0",
        "UPDATE llm_spend SET state = 'reserved', micro_usd = NULL, settled_at = NULL WHERE state = 'settled'",
        "UPDATE llm_spend SET micro_usd = 0 WHERE state = 'settled'",
        "UPDATE llm_spend SET state = 'settled', settled_at = now() WHERE state = 'reserved'",
        "UPDATE llm_budget SET spent_micro_usd = 0",
        "UPDATE llm_budget SET reserved_micro_usd = reserved_micro_usd + 1",
        "DELETE FROM llm_budget",
        "INSERT INTO llm_budget (provider_id, limit_micro_usd, reserved_micro_usd, spent_micro_usd, unknown_micro_usd, "
        "purpose, created_at) SELECT id, 1, 0, 0, 0, '', now() FROM llm_provider",
    ],
)
def test_the_database_refuses_what_would_make_the_ledger_untrue(
    provider: Provider, budget: Budget, statement: str
) -> None:
    spends = post([wanted(provider, budget), wanted(provider, budget)], [])
    assert isinstance(spends[0], int)
    post([], [Ended(spends[0], usage=USED, micro_usd=4)])
    before = counters(budget)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert counters(budget) == before
    with pytest.raises((ProtectedError, Error)), transaction.atomic():
        provider.delete()


def test_a_call_whose_caller_was_killed_counts_as_spent_unknown(provider: Provider, budget: Budget) -> None:
    # A batch may take a day, and is asked for again.
    batch = Batch.objects.create(provider=provider, model="m", size=1)
    calls = [{"seconds": -120}, {}, {"seconds": -120, "batch_id": batch.pk}]
    lost, running, in_batch = post([wanted(provider, budget, **more) for more in calls], [])
    assert settle_lost() == 1
    assert settle_lost() == 0
    states = dict(Spend.objects.values_list("pk", "state"))
    assert states == {lost: "unknown", running: "reserved", in_batch: "reserved"}
    assert counters(budget) == (20, 0, 10)
    assert isinstance(post([wanted(provider, budget, 91)], [])[0], ledgers.Refusal), "it keeps counting"


def test_calls_that_end_together_are_written_together(provider: Provider, budget: Budget) -> None:
    """Sixty calls take as many statements as two: a month, locks, an insert; locks and an update."""

    def statements(count: int) -> list[int]:
        with CaptureQueriesContext(connection) as first:
            spends = post([wanted(provider, budget, 1) for _call in range(count)], [])
        with CaptureQueriesContext(connection) as second:
            post([], [Ended(one, usage=USED, micro_usd=1) for one in spends if isinstance(one, int)])
        return [len(first), len(second)]

    post([wanted(provider, budget, 1)], [])
    assert statements(2) == statements(30)


def test_what_ended_is_held_until_the_database_takes_it(
    provider: Provider, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "LOOKED_AT_EVERY", 0.01)
    failures = iter([OperationalError("the server closed the connection")] * 3)

    def failing(asked: Any, ended: Any) -> Any:
        if ended and (error := next(failures, None)):
            raise error
        return post(asked, ended)

    monkeypatch.setattr(ledgers, "post", failing)

    async def work() -> None:
        async with Ledger() as ledger:
            spend = await ledger.reserve(wanted(provider, budget))
            ledger.settle(Ended(spend, usage=USED, micro_usd=3))
            # Others go on waiting, and are served when the database is back.
            await asyncio.gather(*(ledger.reserve(wanted(provider, budget)) for _call in range(3)))
            await ledger.settled()

    async_to_sync(work)()
    assert counters(budget) == (30, 3, 0)


def test_a_call_waits_for_what_others_keep_back_and_is_refused_when_that_is_spent(
    provider: Provider, budget: Budget
) -> None:
    async def work() -> None:
        async with Ledger() as ledger:
            first = await ledger.reserve(wanted(provider, budget, 90))
            second = asyncio.create_task(ledger.reserve(wanted(provider, budget, 60)))
            await asyncio.sleep(0.02)
            assert not second.done()
            ledger.settle(Ended(first, usage=USED, micro_usd=30))
            ledger.settle(Ended(await second, usage=USED, micro_usd=55))
            with pytest.raises(BudgetSpent, match="run 1"):
                await ledger.reserve(wanted(provider, budget, 16))

    async_to_sync(work)()
    assert counters(budget) == (0, 85, 0)


def test_a_caller_that_has_gone_keeps_nothing_back(provider: Provider, budget: Budget) -> None:
    async def work() -> None:
        async with Ledger() as ledger:
            first = await ledger.reserve(wanted(provider, budget, 90))
            gone = asyncio.create_task(ledger.reserve(wanted(provider, budget, 60)))
            await asyncio.sleep(0.02)
            gone.cancel()
            ledger.settle(Ended(first, released=True))
            await ledger.settled()

    async_to_sync(work)()
    assert counters(budget) == (0, 0, 0)


def test_limits_may_be_changed_while_calls_are_under_way(provider: Provider, budget: Budget) -> None:
    post([wanted(provider, budget, 90)], [])
    change_budget(actor=SYSTEM, budget=budget, limit_micro_usd=50)
    assert isinstance(post([wanted(provider, budget, 51)], [])[0], ledgers.Refusal)
    change_provider(actor=SYSTEM, provider=provider, month_limit_micro_usd=95)
    month = Budget.objects.get(provider=provider)
    assert month.left_micro_usd == 5
    with pytest.raises(InvalidInput):
        change_budget(actor=SYSTEM, budget=month, limit_micro_usd=1)
    with pytest.raises(InvalidInput):
        open_budget(actor=SYSTEM, limit_micro_usd=-1, purpose="")


def test_spending_is_shown_by_month_and_model(client: Client, provider: Provider, budget: Budget) -> None:
    client.force_login(person(Role.CURATOR))
    assert "Nothing was asked" in client.get(reverse("spending")).content.decode()
    first, lost = post([wanted(provider, budget, 50), wanted(provider, None, 40, seconds=-120)], [])
    assert isinstance(first, int)
    post([], [Ended(first, usage=Usage(1_000, 200, 30, 4), micro_usd=25)])
    settle_lost()
    page = client.get(reverse("spending")).content.decode()
    for shown in ("$0.000025", "$0.00004", "1,230"):
        assert shown in page
    last_year = (timezone.now() - timedelta(days=366)).strftime("%Y-%m")
    assert "Nothing was asked" in client.get(reverse("spending"), {"month": last_year}).content.decode()
    for odd in ("", "x", "2026-13", "0000-00", "9" * 30):
        assert client.get(reverse("spending"), {"month": odd}).status_code == 200
    assert lost


def test_two_that_settle_calls_of_the_same_budgets_do_not_wait_for_each_other(
    provider: Provider, budget: Budget
) -> None:
    """Budgets are locked by their ids, whichever call names them first."""
    other = open_budget(actor=SYSTEM, limit_micro_usd=100, purpose="run 2")
    with CaptureQueriesContext(connection) as statements:
        post([wanted(provider, other), wanted(provider, budget)], [])
    locks = [one["sql"] for one in statements if "FOR NO KEY UPDATE" in one["sql"]]
    assert locks
    assert all('ORDER BY "llm_budget"."id" ASC' in lock for lock in locks)
