"""The forms of the pages about Argilla servers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.argilla.actions.servers import LONGEST_KEY


class KeyForm(forms.Form):
    """Asks for a key."""

    key = forms.CharField(
        label=_("API key"),
        max_length=LONGEST_KEY,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("That of an owner, or of an admin of the workspace. It is stored encrypted and never shown again."),
    )


class ServerForm(KeyForm):
    """Asks for an Argilla server."""

    name = forms.CharField(label=_("Name"), max_length=60)
    url = forms.CharField(
        label=_("Address"),
        max_length=300,
        widget=forms.URLInput(attrs={"placeholder": "https://argilla.example.org", "autocomplete": "off"}),
    )
    workspace = forms.CharField(
        label=_("Workspace"), max_length=200, help_text=_("It has to be there: Argilla’s owner makes it.")
    )
    verify_tls = forms.BooleanField(
        label=_("Look at its certificate"),
        required=False,
        initial=True,
        help_text=_("Without that, whoever stands between can read the key. Only for a server that signs its own."),
    )
    field_order = ["name", "url", "workspace", "key", "verify_tls"]
