"""The forms of the provider pages."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.llm.models import Provider, ProviderKind
from curation.llm.money import MICRO


class ProviderForm(forms.Form):
    """Asks who answers, with which key, and how much it may be asked."""

    kind = forms.ChoiceField(label=_("It speaks like"), choices=ProviderKind.choices)
    name = forms.CharField(label=_("Name"), max_length=60)
    base_url = forms.CharField(
        label=_("Address"),
        max_length=300,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Left empty, it is the address of Anthropic or of OpenAI. A server of your own ends in /v1."),
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=500,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is stored encrypted, and shown to nobody again. A server of your own may need none."),
    )
    default_model = forms.CharField(
        label=_("Model"),
        max_length=120,
        required=False,
        help_text=_("The one that a test calls, and that new judges begin with."),
    )
    requests_per_minute = forms.IntegerField(label=_("Calls a minute"), min_value=1, max_value=1_000_000, initial=1_000)
    tokens_per_minute = forms.IntegerField(
        label=_("Tokens a minute"), min_value=1, max_value=2_000_000_000, initial=400_000
    )
    in_flight = forms.IntegerField(label=_("Calls at a time"), min_value=1, max_value=1_000, initial=32)
    timeout_seconds = forms.IntegerField(label=_("Seconds a call may take"), min_value=1, max_value=600, initial=120)
    month_limit = forms.DecimalField(
        label=_("Dollars a month"),
        min_value=0,
        max_value=10_000_000,
        decimal_places=2,
        initial=Decimal("100.00"),
        help_text=_("No call is made that could cross it. A month is a calendar month in UTC."),
    )

    def __init__(self, *args: Any, provider: Provider | None = None, **kwargs: Any) -> None:
        if provider is not None:
            shown = {name: getattr(provider, name) for name in self.base_fields if hasattr(provider, name)}
            shown["month_limit"] = Decimal(provider.month_limit_micro_usd) / MICRO
            kwargs["initial"] = shown
        super().__init__(*args, **kwargs)
        if provider is None:
            return
        del self.fields["kind"]
        if provider.key_variable:
            del self.fields["key"], self.fields["base_url"]
        elif provider.has_key:
            self.fields["key"].help_text = _("One is stored. Left empty, it stays; another one takes its place.")

    def chosen(self) -> dict[str, Any]:
        """Return the fields of a valid form as the actions take them."""
        data = dict(self.cleaned_data)
        data["month_limit_micro_usd"] = int(data.pop("month_limit") * MICRO)
        return data


class PriceForm(forms.Form):
    """Asks what a model costs."""

    model = forms.CharField(label=_("Model"), max_length=120)
    input = forms.DecimalField(label=_("Reading"), min_value=0, max_value=10_000, decimal_places=6, required=False)
    cached_read = forms.DecimalField(
        label=_("Reading from the cache"), min_value=0, max_value=10_000, decimal_places=6, required=False
    )
    cached_write = forms.DecimalField(
        label=_("Writing to the cache"), min_value=0, max_value=10_000, decimal_places=6, required=False
    )
    output = forms.DecimalField(label=_("Answering"), min_value=0, max_value=10_000, decimal_places=6, required=False)
    batch_percent = forms.IntegerField(
        label=_("Percent of it in a batch"), min_value=0, max_value=100, initial=50, required=True
    )
