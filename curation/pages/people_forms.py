"""The forms of the people pages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext_lazy as _

from annotations.models import Queue
from curation.accounts.invitations import LONGEST_DAYS
from curation.accounts.models import Role


class InviteForm(forms.Form):
    """Asks what the invited person may do."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.ANNOTATOR)
    queues = forms.ModelMultipleChoiceField(
        Queue.objects.none(),
        label=_("Queues"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They can read here at once. Researchers read in none."),
    )
    note = forms.CharField(
        label=_("Who it is for"),
        max_length=120,
        required=False,
        help_text=_("For you, to tell invitations apart."),
    )
    days = forms.IntegerField(label=_("Days until it expires"), min_value=1, max_value=LONGEST_DAYS, initial=7)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = self.fields["queues"]
        assert isinstance(queues, forms.ModelMultipleChoiceField)  # noqa: S101 - tells mypy what was declared above  # nosec
        queues.queryset = Queue.objects.exclude(state="closed").order_by("name")


class JoinForm(forms.Form):
    """Asks an invited person for a name and a password."""

    username = UsernameField(
        label=_("Name to sign in with"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        help_text=_("Letters, digits and @ . + - _ only. Capitals make no difference."),
    )
    display_name = forms.CharField(
        label=_("Name that others see"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters, and nothing that many people use."),
    )
    again = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Refuse two passwords that differ."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two passwords differ."))
        return again
