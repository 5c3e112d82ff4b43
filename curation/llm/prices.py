"""What a call costs: from the published prices that `genai-prices` brings, or from what an admin has set."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from curation.llm.errors import PriceUnknown
from curation.llm.models import PriceOverride, Provider

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, TieredPrices


# What the source of a price begins with that an admin has set; the rest is the row.
OVERRIDE = "override "


@dataclass(frozen=True)
class Usage:
    """Tokens of one call, none of them counted twice.

    `input_tokens` are those that were neither read from nor written to the provider's cache; `output_tokens` include
    what the model thought.
    """

    input_tokens: int = 0
    cached_read_tokens: int = 0
    cached_write_tokens: int = 0
    output_tokens: int = 0

    @property
    def all_input(self) -> int:
        """Everything that the model was given to read."""
        return self.input_tokens + self.cached_read_tokens + self.cached_write_tokens


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens, which are micro-dollars per token. `source` names where they came from."""

    input: Decimal
    cached_read: Decimal
    cached_write: Decimal
    output: Decimal
    batch_percent: int
    source: str

    def of(self, usage: Usage, *, in_batch: bool = False) -> int:
        """Return the price of a call in micro-dollars, rounded up."""
        total = (
            self.input * usage.input_tokens
            + self.cached_read * usage.cached_read_tokens
            + self.cached_write * usage.cached_write_tokens
            + self.output * usage.output_tokens
        )
        if in_batch:
            total = total * self.batch_percent / 100
        return int(total.to_integral_value(rounding=ROUND_CEILING))

    def at_most(self, *, input_tokens: int, output_tokens: int, in_batch: bool = False) -> int:
        """Return what a call can cost at most in micro-dollars, whether its input is written to the cache or not."""
        dearest = max(self.input, self.cached_write)
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        worst = Price(dearest, dearest, dearest, self.output, self.batch_percent, self.source)
        return worst.of(usage, in_batch=in_batch)


@dataclass(frozen=True)
class Tariff:
    """The prices of a model: `steps` of (input tokens of one call from which it holds, price), lowest first."""

    steps: tuple[tuple[int, Price], ...]

    def at(self, input_tokens: int) -> Price:
        """Return the price of a call with so much input, all of which pays it."""
        return next(price for start, price in reversed(self.steps) if input_tokens >= start)

    def of(self, usage: Usage, *, in_batch: bool = False) -> int:
        """Return the price of a call in micro-dollars, rounded up."""
        return self.at(usage.all_input).of(usage, in_batch=in_batch)

    def at_most(self, *, input_tokens: int, output_tokens: int, in_batch: bool = False) -> int:
        """Return what a call can cost at most in micro-dollars, whether its input is written to the cache or not."""
        return max(
            price.at_most(input_tokens=input_tokens, output_tokens=output_tokens, in_batch=in_batch)
            for start, price in self.steps
            if start <= input_tokens
        )

    @property
    def source(self) -> str:
        """Where the prices came from."""
        return self.steps[0][1].source

    @property
    def is_published(self) -> bool:
        """Whether nobody here has set them."""
        return not self.source.startswith(OVERRIDE)


def tariff_of(provider: Provider, model: str) -> Tariff:
    """Return what `model` costs at `provider`. Raises `PriceUnknown` where nobody knows."""
    override = PriceOverride.objects.filter(provider=provider, model=model).order_by("-id").first()
    if override is not None and override.input is not None:
        price = Price(
            input=override.input,
            cached_read=override.cached_read or Decimal(0),
            cached_write=override.cached_write or Decimal(0),
            output=override.output or Decimal(0),
            batch_percent=override.batch_percent,
            source=f"{OVERRIDE}{override.pk}",
        )
        return Tariff(((0, price),))
    published = published_tariff(provider, model)
    if published is None:
        raise PriceUnknown(
            _("What %(model)s costs at %(provider)s is not known. An admin can set it on the provider’s page.")
            % {"model": model, "provider": provider.name}
        )
    return published


def published_tariff(provider: Provider, model: str) -> Tariff | None:
    """Return the published prices of a model; None where the table does not have them."""
    from genai_prices.data_snapshot import get_snapshot

    # By its address, so that a server of one's own does not have the prices of the service whose model it names.
    try:
        _found, info = get_snapshot().find_provider_model(model, None, None, provider.address)
    except LookupError:
        return None
    now = datetime.now(UTC)
    usual, batch = info.get_prices(now), info.get_prices(now, {"processing": "batch"})
    if usual.input_mtok is None or usual.output_mtok is None:
        return None
    source = f"genai-prices {version('genai-prices')}"
    return Tariff(tuple((start, _step(usual, batch, start, source)) for start in _starts(usual)))


def _starts(prices: "ModelPrice") -> list[int]:
    names = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
    found = [getattr(prices, name) for name in names]
    return sorted({0, *(tier.start for price in found for tier in getattr(price, "tiers", []))})


def _step(usual: "ModelPrice", batch: "ModelPrice", start: int, source: str) -> Price:
    given, made = _at(usual.input_mtok, start), _at(usual.output_mtok, start)
    halved = _at(batch.output_mtok, start)
    return Price(
        input=given,
        cached_read=given if usual.cache_read_mtok is None else _at(usual.cache_read_mtok, start),
        cached_write=given if usual.cache_write_mtok is None else _at(usual.cache_write_mtok, start),
        output=made,
        batch_percent=100 if not made else int((halved * 100 / made).to_integral_value(rounding=ROUND_CEILING)),
        source=source,
    )


def _at(price: "Decimal | TieredPrices | None", input_tokens: int) -> Decimal:
    if price is None or isinstance(price, Decimal):
        return price or Decimal(0)
    reached = [tier.price for tier in price.tiers if input_tokens >= tier.start]
    return reached[-1] if reached else price.base
