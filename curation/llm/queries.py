"""What was spent, by month, and what the models of a provider cost."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from curation.core.errors import NotFound
from curation.llm.errors import PriceUnknown
from curation.llm.models import Budget, PriceOverride, Provider, Spend, SpendState
from curation.llm.prices import Tariff, Usage, tariff_of


@dataclass(frozen=True)
class ProviderRow:
    """A provider with this month's budget, None while nothing was asked there this month."""

    provider: Provider
    month: Budget | None


def active_providers() -> "QuerySet[Provider]":
    """Return the providers that can be asked."""
    return Provider.objects.filter(removed_at=None)


def load_provider(pk: int) -> Provider:
    """Return a provider that can be asked. Raises `NotFound`."""
    found = active_providers().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such provider."))
    return found


def budgets_of(month: date) -> QuerySet[Budget]:
    """Return what each provider that was asked in a month may cost there, and did, with the providers."""
    return Budget.objects.filter(month=month).select_related("provider").order_by("provider__name", "pk")


def providers_with_month(month: date) -> list[ProviderRow]:
    """Return the providers that can be asked, with what each may cost and did in a month. Two queries."""
    budgets = {one.provider_id: one for one in budgets_of(month)}
    return [ProviderRow(one, budgets.get(one.pk)) for one in active_providers()]


def months_with_spending() -> list[date]:
    """Return the months in which something was asked, newest first."""
    found = Budget.objects.filter(month__isnull=False).order_by("-month").values_list("month", flat=True).distinct()
    return [month for month in found[:60] if month is not None]


def spending_in(month: date) -> list[dict[str, object]]:
    """Return what a month came to, by provider and model: calls, tokens, and micro-dollars paid and unknown."""
    paid, unknown = Q(state=SpendState.SETTLED), Q(state=SpendState.UNKNOWN)
    rows = (
        Spend.objects.filter(month__in=Budget.objects.filter(month=month))
        .values("provider__name", "model")
        .annotate(
            calls=Count("pk", filter=paid),
            lost=Count("pk", filter=unknown),
            under_way=Count("pk", filter=Q(state=SpendState.RESERVED)),
            read=Sum(F("input_tokens") + F("cached_read_tokens") + F("cached_write_tokens"), default=0),
            cached_read_tokens=Sum("cached_read_tokens", default=0),
            output_tokens=Sum("output_tokens", default=0),
            micro_usd=Sum("micro_usd", default=0),
            unknown_micro_usd=Sum("reserved_micro_usd", filter=unknown, default=0),
        )
        .order_by("provider__name", "model")
    )
    return [dict(row) for row in rows]


def usage_within(budget: Budget) -> Usage:
    """Return the tokens of all answers that were paid from the budget of a run."""
    names = [field.name for field in fields(Usage)]
    paid = Spend.objects.filter(budget=budget, state=SpendState.SETTLED)
    return Usage(**paid.aggregate(**{name: Sum(name, default=0) for name in names}))


def models_of(provider: Provider) -> list[str]:
    """Return the models of a provider that were asked, priced, or are its default, by name."""
    asked = Spend.objects.filter(provider=provider).order_by().values_list("model", flat=True).distinct()
    priced = PriceOverride.objects.filter(provider=provider).order_by().values_list("model", flat=True).distinct()
    return sorted({*asked[:50], *priced[:50], *filter(None, [provider.default_model])})


def known_models() -> list[tuple[str, str]]:
    """Return the models that can be named (those asked, priced or default) with the names of their providers."""
    return [(model, provider.name) for provider in active_providers() for model in models_of(provider)]


def known_tariffs(provider: Provider, models: Sequence[str]) -> list[tuple[str, Tariff | None]]:
    """Return what each model costs, None where nobody knows."""
    return [(model, _tariff(provider, model)) for model in models]


def _tariff(provider: Provider, model: str) -> Tariff | None:
    try:
        return tariff_of(provider, model)
    except PriceUnknown:
        return None
