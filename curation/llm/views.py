"""Providers, their keys, limits and prices, and what was spent."""

from datetime import date
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.accounts.models import User
from curation.core.errors import ExemplaError
from curation.llm.actions import (
    change_provider,
    create_provider,
    remove_provider,
    set_price,
    try_provider,
)
from curation.llm.clock import this_month
from curation.llm.forms import PriceForm, ProviderForm
from curation.llm.models import Provider
from curation.llm.permissions import check_can_keep_providers, check_can_open_budgets
from curation.llm.queries import (
    known_tariffs,
    load_provider,
    models_of,
    months_with_spending,
    providers_with_month,
    spending_in,
)


@require_GET
def provider_list(request: HttpRequest) -> HttpResponse:
    """Everybody who answers for models, and what this month has cost. For admins."""
    _admin(request)
    return render(request, "llm/provider_list.html", {"rows": providers_with_month(this_month())})


@sensitive_post_parameters("key")
@require_http_methods(["GET", "POST"])
def provider_new(request: HttpRequest) -> HttpResponse:
    """Add a provider."""
    actor = _admin(request)
    form = ProviderForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            provider = create_provider(actor=actor, **form.chosen())
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s is added. Test it now.") % {"name": provider.name})
            return redirect("provider", provider.pk)
    return render(request, "llm/provider_new.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters("key")
@require_http_methods(["GET", "POST"])
def provider(request: HttpRequest, pk: int) -> HttpResponse:
    """One provider: its key, limits and prices."""
    actor, found = _admin(request), load_provider(pk)
    form = ProviderForm(request.POST if request.method == "POST" else None, provider=found)
    if form.is_valid():
        try:
            change_provider(actor=actor, provider=found, **form.chosen())
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Kept. Workers heed it within seconds."))
            return redirect("provider", pk)
    return _page(request, found, form=form, status=422 if form.errors else 200)


@require_POST
def provider_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one real call, and show what it took."""
    actor, found = _admin(request), load_provider(pk)
    tested = try_provider(actor=actor, provider=found, model=request.POST.get("model", ""))
    if getattr(request, "htmx", False):
        return render(request, "llm/_tested.html", {"tested": tested})
    return _page(request, found, form=ProviderForm(provider=found), tested=tested)


@require_POST
def provider_price(request: HttpRequest, pk: int) -> HttpResponse:
    """Set what a model costs."""
    actor, found = _admin(request), load_provider(pk)
    form = PriceForm(request.POST)
    if form.is_valid():
        try:
            set_price(actor=actor, provider=found, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The price counts from the next call on."))
            return redirect("provider", pk)
    return _page(request, found, form=ProviderForm(provider=found), price_form=form, status=422)


@require_POST
def provider_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a provider's key and ask it no more."""
    actor, found = _admin(request), load_provider(pk)
    remove_provider(actor=actor, provider=found)
    messages.success(request, _("%(name)s is removed, and its key forgotten.") % {"name": found.name})
    return redirect("provider_list")


@require_GET
def spending(request: HttpRequest) -> HttpResponse:
    """What a month has cost, by model. For curators and admins."""
    user = cast(User, request.user)
    check_can_open_budgets(actor=user)
    now = this_month()
    asked = _month(request.GET.get("month", "")) or now
    months = sorted({now, asked, *months_with_spending()}, reverse=True)
    rows = spending_in(asked)
    context = {
        "rows": rows,
        "month": asked,
        "months": months,
        "paid": sum(cast(int, row["micro_usd"]) for row in rows),
        "unknown": sum(cast(int, row["unknown_micro_usd"]) for row in rows),
    }
    return render(request, "llm/spending.html", context)


def _page(request: HttpRequest, found: Provider, *, status: int = 200, **context: object) -> HttpResponse:
    models = models_of(found)
    shown = {
        "provider": found,
        "prices": known_tariffs(found, models),
        "price_form": PriceForm(),
        "month": next((row.month for row in providers_with_month(this_month()) if row.provider == found), None),
    }
    return render(request, "llm/provider.html", {**shown, **context}, status=status)


def _month(said: str) -> date | None:
    try:
        found = parse_date(f"{said}-01")
    except ValueError:
        return None
    return found


def _admin(request: HttpRequest) -> User:
    user = cast(User, request.user)
    check_can_keep_providers(actor=user)
    return user
