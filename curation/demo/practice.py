"""The practice model as a provider of the demonstration."""

from decimal import Decimal
from fractions import Fraction

from curation.accounts.actors import SYSTEM
from curation.core.services import home
from curation.core.serving.practice import forget_port, remember_port
from curation.demo.practice_model.models import MODELS
from curation.demo.seed import begun
from curation.llm.actions import change_provider, create_provider, set_price
from curation.llm.models import Provider, ProviderKind

NAME = "Practice model"


def offer_practice_model(*, port: int) -> Provider | None:
    """Have the demonstration know the practice model at this port of the machine; None elsewhere, or once removed.

    Doing it again changes nothing but the port.
    """
    known = Provider.objects.filter(is_practice=True).order_by("-pk").first()
    if not begun() or (known is not None and known.removed_at is not None):
        forget_port(home())
        return None
    base_url = f"http://127.0.0.1:{port}"
    if known is None:
        known = create_provider(
            actor=SYSTEM,
            name=NAME,
            kind=ProviderKind.ANTHROPIC,
            is_practice=True,
            base_url=base_url,
            default_model=next(iter(MODELS)),
        )
        put_prices(known)
    else:
        known = change_provider(actor=SYSTEM, provider=known, base_url=base_url)
    remember_port(home(), port)
    return known


def put_prices(provider: Provider) -> None:
    """Set the prices that the practice model's bill has, so that a budget means something."""
    for name, model in MODELS.items():
        price = model.price
        set_price(
            actor=SYSTEM,
            provider=provider,
            model=name,
            input=dollars(price.input),
            output=dollars(price.output),
            cached_read=dollars(price.cached_read),
            cached_write=dollars(price.cached_write),
        )


def dollars(price: Fraction) -> Decimal:
    """A price as the database has it."""
    return Decimal(price.numerator) / Decimal(price.denominator)
