"""The form that imports a standard from a file, and the field that offers policies."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.standards.models import AcceptancePolicy, Rubric
from curation.standards.schema import MAX_BYTES


class PolicyField(forms.ModelChoiceField[AcceptancePolicy]):
    """Policies with the rubric they are for."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name of a policy."""
        return f"{obj}, {obj.rubric}"


class ImportForm(forms.Form):
    file = forms.FileField(label=_("YAML file"), help_text=_("A constitution, a rubric or an acceptance policy."))
    rubric = forms.ModelChoiceField(
        label=_("For a policy: its rubric"), queryset=Rubric.objects.order_by("-id"), required=False
    )

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 512 KB; these are a few pages of YAML."))
        return file
