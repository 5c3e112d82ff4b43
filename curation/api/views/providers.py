"""Providers of models, their keys, limits and prices, and what was spent. For admins; spending for curators too."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource, with_location
from curation.api.serializers.models import (
    ChangedProviderSerializer,
    NewPriceSerializer,
    NewProviderSerializer,
    NewTestSerializer,
    PricesSerializer,
    ProviderSerializer,
    SpendingFilter,
    SpendingSerializer,
    TestedSerializer,
)
from curation.llm.actions import change_provider, create_provider, remove_provider, set_price, try_provider
from curation.llm.clock import this_month
from curation.llm.models import Provider
from curation.llm.permissions import check_can_keep_providers, check_can_open_budgets
from curation.llm.queries import active_providers, budgets_of, known_tariffs, load_provider, models_of, spending_in


class ForProviderKeepers(Resource):
    """What only those who may keep providers see."""

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Go on if the caller may keep providers."""
        super().initial(request, *args, **named)
        check_can_keep_providers(actor=self.person)


class Providers(ForProviderKeepers):
    """All providers."""

    scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_providers", responses=ProviderSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the providers of models that can be asked."""
        self.asked()
        return self.page(active_providers(), lambda rows: ProviderSerializer(rows, many=True).data)

    @extend_schema(operation_id="create_provider", request=NewProviderSerializer, responses={201: ProviderSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Add a provider. Its key is stored encrypted, and in no answer."""
        made = create_provider(actor=self.person, **self.sent(NewProviderSerializer))
        return with_location(as_provider(made), reverse("api:provider", args=[made.pk]))


class OneProvider(ForProviderKeepers):
    """A provider."""

    scopes = {"GET": Scope.ADMIN, "PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}
    conditional = {"PATCH", "DELETE"}

    @extend_schema(operation_id="get_provider", responses=ProviderSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One provider: where it is, and its limits."""
        self.asked()
        return Response(as_provider(load_provider(pk)))

    @extend_schema(
        operation_id="change_provider", request=ChangedProviderSerializer, responses={200: ProviderSerializer}
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is sent of a provider. Workers heed it within seconds."""
        rows = active_providers().filter(pk=pk)
        with changing(request, rows, as_provider, _("There is no such provider.")) as provider:
            changed = change_provider(actor=self.person, provider=provider, **self.sent(ChangedProviderSerializer))
        return shown(as_provider(changed))

    @extend_schema(operation_id="remove_provider", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Forget a provider's key and ask it no more. What was spent there stays."""
        with changing(request, active_providers().filter(pk=pk), as_provider, _("There is no such provider.")) as found:
            remove_provider(actor=self.person, provider=found)
        return Response(status=204)


class ProviderTest(ForProviderKeepers):
    """A test."""

    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="test_provider", request=NewTestSerializer, responses=TestedSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Make one real, paid call to a provider, and say what it took, or why there is no answer."""
        said = self.sent(NewTestSerializer)
        tested = try_provider(actor=self.person, provider=load_provider(pk), model=said.get("model", ""))
        return Response(TestedSerializer(tested).data)


class ProviderPrices(ForProviderKeepers):
    """What the models of a provider cost."""

    scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}

    @extend_schema(operation_id="get_prices", responses=PricesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What the models cost that a provider was asked for, or that a price was set for."""
        self.asked()
        return Response(as_prices(load_provider(pk)))

    @extend_schema(operation_id="set_price", request=NewPriceSerializer, responses={201: PricesSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Set what a model costs, from the next call on."""
        provider = load_provider(pk)
        set_price(actor=self.person, provider=provider, **self.sent(NewPriceSerializer))
        return Response(as_prices(provider), status=201)


class Spending(Resource):
    """What was spent."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_spending", parameters=[SpendingFilter], responses=SpendingSerializer)
    def get(self, request: Request) -> Response:
        """What a month has cost, by model and by provider. For curators."""
        asked = self.asked(SpendingFilter)
        check_can_open_budgets(actor=self.person)
        month = date.fromisoformat(f"{asked['month']}-01") if "month" in asked else this_month()
        said = {"month": f"{month:%Y-%m}", "models": spending_in(month), "providers": budgets_of(month)}
        return Response(SpendingSerializer(said).data)


def as_provider(provider: Provider) -> Any:
    """Return the representation of a provider."""
    return ProviderSerializer(provider).data


def as_prices(provider: Provider) -> Any:
    """Return the representation of what its models cost."""
    found = known_tariffs(provider, models_of(provider))
    return PricesSerializer({"models": [{"model": model, "tariff": tariff} for model, tariff in found]}).data
