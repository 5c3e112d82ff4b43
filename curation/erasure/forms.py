"""The forms of what cannot be undone."""

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.erasure.actions.asking import LONGEST_REASON
from curation.erasure.models.purge import PurgeKind


class PurgeForm(forms.Form):
    """Why a story is destroyed."""

    kind = forms.ChoiceField(label=_("Why"), choices=PurgeKind.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For the record, which keeps it. Do not quote the story."),
    )
    sure = forms.BooleanField(label=_("I know that nothing brings it back."))


class ErasureForm(forms.Form):
    """How much of a person goes."""

    comments = forms.ChoiceField(
        label=_("What they wrote in their own words"),
        choices=[
            ("keep", _("Stays: comments and reasons, without a name")),
            ("destroy", _("Goes too: comments and reasons are destroyed")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("The name that they sign in by"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text=_("Write it, so that nobody else is erased."),
    )
