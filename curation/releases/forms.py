"""The forms that make a dataset and create a release."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.releases.formats import CHOICES
from curation.releases.licences import KNOWN
from curation.releases.models.dataset import Visibility

# A card and a changelog that nobody could load help nobody.
MOST_CHARS = 10_000
OPEN_TO = [
    (Visibility.PRIVATE, _("Curators, admins and researchers")),
    (Visibility.GATED, _("Whoever accepts its terms, or is let in")),
    (Visibility.SIGNED_IN, _("Everyone who signs in")),
    (Visibility.PUBLIC, _("Everyone, without an account too")),
]


class LinesField(forms.CharField):
    """A text of several lines, as a list of those that say something."""

    def clean(self, value: str) -> list[str]:
        """Return the lines."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value


class DescriptionForm(forms.Form):
    """What a dataset says of itself."""

    title = forms.CharField(label=_("Title"), max_length=160, required=False, help_text=_("As the card shows it."))
    description = forms.CharField(
        label=_("Description"),
        max_length=MOST_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is in it and who made it; the card begins with it."),
    )
    authors = LinesField(
        label=_("Authors"),
        max_length=MOST_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who is named when it is cited: one a line. With nobody, the organisation is."),
    )
    doi = forms.CharField(label=_("DOI"), max_length=200, required=False, help_text=_("Such as 10.1234/abc."))


class DatasetForm(DescriptionForm):
    """A dataset to make."""

    field_order = ("org", "name")
    org = forms.CharField(
        label=_("Organisation"), max_length=60, help_text=_("The part before the slash. It cannot be changed later.")
    )
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("The part after the slash."))
    license = forms.ChoiceField(label=_("Licence"), choices=[(name, name) for name in KNOWN], initial="CC-BY-4.0")
    visibility = forms.ChoiceField(
        label=_("Who may open it"),
        choices=OPEN_TO,
        initial=Visibility.PRIVATE,
        help_text=_("Stories whose licence is unknown or asks for more than this one go into private datasets only."),
    )


class ReleaseForm(forms.Form):
    version = forms.CharField(
        label=_("Version"),
        max_length=24,
        help_text=_("MAJOR when the schema, rubric or policy changed, MINOR when stories were added, PATCH otherwise."),
    )
    notes = forms.CharField(
        label=_("What changed"),
        max_length=MOST_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Goes into the changelog and the card."),
    )
    formats = forms.MultipleChoiceField(
        label=_("Besides Parquet"), choices=CHOICES, required=False, widget=forms.CheckboxSelectMultiple
    )
