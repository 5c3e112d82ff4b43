"""What calls cost, kept while they are made: money is kept back before a call is sent, and settled when it is over.

Calls that begin or end at about the same time are written together, in one short transaction, so that hundreds of them
a second take a few statements. What ended is held in memory until the database takes it.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.core.errors import Unavailable
from curation.llm.clock import this_month
from curation.llm.errors import BudgetSpent
from curation.llm.models import Budget, Provider, Spend, SpendState
from curation.llm.prices import Usage

log = logging.getLogger(__name__)
# A call that others keep from its turn is not made when this is over beyond its own time limit: by then what they keep
# back is settled, or counted as lost.
LONGEST_WAIT = 120.0
LOOKED_AT_EVERY = 0.25
# After its time limit, how long a call may take to be settled before it counts as lost.
GRACE = timedelta(seconds=60)
# How long a ledger that is closed tries to write down what it still holds.
CLOSING_SECONDS = 60.0
MOST_FAILURES = 3
SETTLE = """
UPDATE llm_spend SET state = u.state, micro_usd = u.micro_usd, input_tokens = u.input_tokens,
  cached_read_tokens = u.cached_read, cached_write_tokens = u.cached_write, output_tokens = u.output_tokens,
  seconds = u.seconds, error = u.error, settled_at = clock_timestamp()
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::float[], %s::text[])
  AS u (id, state, micro_usd, input_tokens, cached_read, cached_write, output_tokens, seconds, error)
WHERE llm_spend.id = u.id AND llm_spend.state IN ('reserved', 'unknown') AND llm_spend.state <> u.state
"""


@dataclass(frozen=True)
class PlannedCall:
    """A call that is about to be made, and the most it can cost."""

    provider_id: int
    model: str
    at_most_micro_usd: int
    seconds: int
    budget_id: int | None = None
    purpose: str = ""
    key: str = ""
    priced_by: str = ""
    batch_id: int | None = None


@dataclass(frozen=True)
class Ended:
    """What became of a call. With `usage` it is paid; without, it may have been paid or, `released`, was not."""

    spend_id: int
    usage: Usage | None = None
    micro_usd: int | None = None
    released: bool = False
    seconds: float | None = None
    error: str = ""

    @property
    def state(self) -> SpendState:
        """The state that its row goes to."""
        if self.usage is not None:
            return SpendState.SETTLED
        return SpendState.RELEASED if self.released else SpendState.UNKNOWN


# A call that waits: what it wants, who is to be told, and until when it waits.
Asked = tuple[PlannedCall, "asyncio.Future[int]", float]


@dataclass
class Ledger:
    """Writes down the calls of one process. Use it as an asynchronous context manager."""

    waiting: list[Asked] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)

    async def __aenter__(self) -> "Ledger":
        self.work, self.written, self.closing = asyncio.Event(), asyncio.Condition(), False
        self.noted = self.done = 0
        self.writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.closing = True
        self.work.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.writer), CLOSING_SECONDS)
        if not self.writer.done():
            log.error("%s calls could not be settled; they count as spent, unknown", self.noted - self.done)
            self.writer.cancel()
            with suppress(asyncio.CancelledError):
                await self.writer
        self._put_back(self.waiting, 0.0, Refusal("").error())
        await sync_to_async(_let_go)()

    async def reserve(self, wanted: PlannedCall) -> int:
        """Keep back what a call can cost at most, and return the id of its row of `Spend`.

        Waits while calls under way keep back what is left of a budget. Raises `BudgetSpent` when it cannot be met even
        without them, and `Unavailable` when the database is away for too long.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        self.waiting.append((wanted, future, loop.time() + wanted.seconds + LONGEST_WAIT))
        self.work.set()
        return await future

    def settle(self, ended: Ended) -> None:
        """Note what became of a call. It is written soon, and again and again until the database takes it."""
        self.ended.append(ended)
        self.noted += 1
        self.work.set()

    async def settled(self) -> None:
        """Wait until everything that was noted so far is written."""
        so_far = self.noted
        async with self.written:
            await self.written.wait_for(lambda: self.done >= so_far)

    async def _write(self) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while self.ended or not self.closing:
            if not (self.ended or self.waiting):
                await self.work.wait()
            self.work.clear()
            # Calls end in bunches: those of the same moment are written together.
            await asyncio.sleep(0)
            ended, self.ended = self.ended, []
            asked = [one for one in self.waiting if not one[1].done()]
            self.waiting = []
            try:
                answers = await sync_to_async(post)([one[0] for one in asked], ended)
            except (OperationalError, InterfaceError) as error:
                log.warning("the ledger waits for the database: %s", type(error).__name__)
                self.ended = ended + self.ended
                self._put_back(asked, loop.time(), Unavailable(_("The database is away. Nothing was asked.")))
                await asyncio.sleep(LOOKED_AT_EVERY)
                continue
            except Exception as error:
                failures += 1
                log.exception("the ledger could not be written")
                for _wanted, future, _until in asked:
                    _fail(future, error)
                # Rows that nobody settles become "spent, unknown" by themselves.
                if failures < MOST_FAILURES:
                    self.ended = ended + self.ended
                    continue
                answers = []
            failures = 0
            self._answer(asked, answers, loop.time())
            async with self.written:
                self.done += len(ended)
                self.written.notify_all()
            if self.waiting and not self.ended:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.work.wait(), LOOKED_AT_EVERY)

    def _answer(self, asked: "list[Asked]", answers: "list[int | Refusal | None]", now: float) -> None:
        again = []
        for one, answer in zip(asked, answers, strict=False):
            if isinstance(answer, Refusal):
                _fail(one[1], answer.error())
            elif answer is None:
                again.append(one)
            elif one[1].done():
                # Whoever wanted it has gone meanwhile.
                self.settle(Ended(answer, released=True, error="cancelled"))
            else:
                one[1].set_result(answer)
        self._put_back(again, now, Refusal("").error())

    def _put_back(self, asked: "list[Asked]", now: float, error: Exception) -> None:
        for one in asked:
            if now >= one[2] or self.closing:
                _fail(one[1], error)
        self.waiting = [one for one in asked if not one[1].done()] + self.waiting


@dataclass(frozen=True)
class Refusal:
    """Why money was not kept back: the purpose of the budget that is spent."""

    budget: str

    def error(self) -> BudgetSpent:
        """Return it as an error."""
        if not self.budget:
            return BudgetSpent(_("What is left of the budget is kept back for calls under way."))
        said = _("The next call could cost more than is left of the budget “%(budget)s”.")
        return BudgetSpent(said % {"budget": self.budget})


def post(wanted: Sequence[PlannedCall], ended: Sequence[Ended]) -> list[int | Refusal | None]:
    """Settle what ended and keep back what is wanted, in one transaction.

    Returns for each that is wanted the id of its `Spend`, a `Refusal`, or None where what others keep back is in the
    way. Budgets are locked by id, in one order everywhere.
    """
    try:
        with transaction.atomic():
            months = _months({one.provider_id for one in wanted})
            budgets = _locked({one.budget_id for one in wanted} | set(months.values()), ended)
            if ended:
                settle(ended)
                budgets = _locked(set(budgets), ())
            return _reserved(wanted, months, budgets)
    except (OperationalError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close()
        raise


def settle(ended: Sequence[Ended]) -> None:
    """Write what became of calls whose budgets are locked. What is settled already stays as it is."""
    usages = [one.usage for one in ended]
    columns: list[list[object]] = [
        [one.spend_id for one in ended],
        [str(one.state) for one in ended],
        [one.micro_usd for one in ended],
        [usage and usage.input_tokens for usage in usages],
        [usage and usage.cached_read_tokens for usage in usages],
        [usage and usage.cached_write_tokens for usage in usages],
        [usage and usage.output_tokens for usage in usages],
        [one.seconds for one in ended],
        [one.error[:40] for one in ended],
    ]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, columns)


def lock_budgets_of(spends: Iterable[int]) -> None:
    """Lock the budgets of these calls, by id. Call it in the transaction that changes the calls."""
    rows = Spend.objects.filter(pk__in=list(spends)).values_list("budget_id", "month_id").distinct()
    ids = {one for row in rows for one in row if one is not None}
    list(Budget.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _locked(ids: set[int | None], ended: Sequence[Ended]) -> dict[int, Budget]:
    if ended:
        rows = Spend.objects.filter(pk__in=[one.spend_id for one in ended]).values_list("budget_id", "month_id")
        ids = ids | {one for row in rows.distinct() for one in row}
    found = (
        Budget.objects.filter(pk__in=[pk for pk in ids if pk is not None]).order_by("pk").select_for_update(no_key=True)
    )
    return {one.pk: one for one in found}


def _months(providers: set[int]) -> dict[int, int]:
    """Return the budget of this month of each provider, made where there is none yet."""
    if not providers:
        return {}
    month = this_month()
    found = dict(Budget.objects.filter(provider__in=providers, month=month).values_list("provider_id", "pk"))
    missing = Provider.objects.filter(pk__in=providers - found.keys())
    for provider in missing:
        Budget.objects.bulk_create(
            [Budget(provider=provider, month=month, limit_micro_usd=provider.month_limit_micro_usd)],
            ignore_conflicts=True,
        )
        found[provider.pk] = Budget.objects.values_list("pk", flat=True).get(provider=provider, month=month)
    return {key: value for key, value in found.items() if key is not None}


def _reserved(
    wanted: Sequence[PlannedCall], months: dict[int, int], budgets: dict[int, Budget]
) -> list[int | Refusal | None]:
    answers: list[int | Refusal | None] = []
    rows: list[Spend] = []
    places: list[int] = []
    for place, one in enumerate(wanted):
        cost = one.at_most_micro_usd
        asked = [budgets[pk] for pk in (one.budget_id, months[one.provider_id]) if pk is not None]
        spent = next((b for b in asked if cost > b.limit_micro_usd - b.gone_micro_usd), None)
        if spent is not None:
            answers.append(Refusal(str(spent)))
            continue
        answers.append(None)
        if any(cost > budget.left_micro_usd for budget in asked):
            continue
        for budget in asked:
            budget.reserved_micro_usd += cost
        places.append(place)
        rows.append(
            Spend(
                provider_id=one.provider_id,
                model=one.model,
                purpose=one.purpose,
                key=one.key,
                budget_id=one.budget_id,
                month_id=months[one.provider_id],
                batch_id=one.batch_id,
                reserved_micro_usd=cost,
                priced_by=one.priced_by,
                expires_at=Now() + timedelta(seconds=one.seconds) + GRACE,
            )
        )
    for place, row in zip(places, Spend.objects.bulk_create(rows), strict=True):
        answers[place] = row.pk
    return answers


def _fail(future: "asyncio.Future[int]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _let_go() -> None:
    # Back to the pool, where the thread is not that of a request.
    if not connection.in_atomic_block:
        connection.close()
