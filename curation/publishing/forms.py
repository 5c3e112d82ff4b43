"""The forms of the pages about published copies."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.publishing.actions.targets import LONGEST_TOKEN
from curation.publishing.keys import endpoint_of_environment


class HubTokenForm(forms.Form):
    """Asks for a token, or where it is."""

    token = forms.CharField(
        label=_("Token"),
        required=False,
        max_length=LONGEST_TOKEN,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("One that may write to this repository alone. It is stored encrypted and never shown again."),
    )
    token_variable = forms.CharField(
        label=_("Or the environment variable that has it"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "HUB_TOKEN_OURS", "autocomplete": "off"}),
        help_text=_("Called HF_TOKEN or HUB_TOKEN, or beginning so. It goes to the Hub of the environment alone."),
    )


class TargetForm(HubTokenForm):
    """Asks for a repository, and for the token that may write to it."""

    repo = forms.CharField(
        label=_("Repository"),
        max_length=193,
        widget=forms.TextInput(attrs={"placeholder": "ORG/NAME", "autocomplete": "off"}),
        help_text=_("It is made, private, when the first version is published."),
    )
    endpoint = forms.CharField(label=_("Hub"), max_length=300, widget=forms.URLInput())
    field_order = ["repo", "endpoint", "token", "token_variable"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"endpoint": endpoint_of_environment()}, **kwargs})
