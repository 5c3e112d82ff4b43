"""What forms about stories have in common: a language, and what rows are to get that do not say it themselves."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.stories.languages import tag_of

LONGEST_LANGUAGE = 60


class LanguageField(forms.CharField):
    """A language by any name or code of it. Its value is the BCP 47 tag, or an empty string for none."""

    default_error_messages = {
        "unknown": _("No language is called “%(value)s”. Write its name or its code, such as Deutsch or pt-BR.")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"label": _("Language"), "required": False, "max_length": LONGEST_LANGUAGE, **options})

    def clean(self, value: Any) -> str:
        """Return the tag; `ValidationError` for what names no language."""
        written = str(super().clean(value))
        if written and not tag_of(written):
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown", params={"value": written})
        return tag_of(written)


class RowDefaultsForm(forms.Form):
    """Asks for the licence, the language and the generator of rows that name none."""

    license = forms.CharField(
        max_length=80,
        required=False,
        label=_("Licence"),
        help_text=_("For rows that name none, such as CC-BY-4.0. A public release needs one."),
    )
    language = forms.CharField(
        max_length=16, required=False, label=_("Language"), help_text=_("For rows that name none, such as en.")
    )
    generator = forms.CharField(
        max_length=160,
        required=False,
        label=_("Generator"),
        help_text=_("The model that wrote them, where no column says."),
    )
