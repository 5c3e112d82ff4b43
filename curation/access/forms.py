"""The forms of a gated dataset."""

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.access.actions.asking import LONGEST_PURPOSE
from curation.access.actions.terms import LONGEST_TERMS


class TermsForm(forms.Form):
    """What people agree to, and who lets them in."""

    text = forms.CharField(
        label=_("Terms"),
        max_length=LONGEST_TERMS,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Everybody can read them, without an account too."),
    )
    by_request = forms.BooleanField(
        label=_("A curator lets people in one by one"),
        required=False,
        help_text=_("Otherwise whoever is signed in and accepts the terms has access at once."),
    )
    anew = forms.BooleanField(
        label=_("Everybody has to accept these anew"),
        required=False,
        initial=True,
        help_text=_("Whoever has access now has none until then. Leave it out for a correction that changes nothing."),
    )


class AskForm(forms.Form):
    """Accepting the terms, and what the dataset is wanted for where a curator decides."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    accept = forms.BooleanField(label=_("I have read the terms and accept them"))
    purpose = forms.CharField(
        label=_("What you want to do with it"),
        max_length=LONGEST_PURPOSE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In a sentence or two, for the curator who decides."),
    )

    def __init__(self, *args: object, by_request: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not by_request:
            del self.fields["purpose"]
