"""What every form for importing stories asks of rows that do not say it themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _


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
