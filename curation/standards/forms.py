"""The form that imports a standard from a file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.standards.models import Rubric
from curation.standards.schema import MAX_BYTES

KINDS = [("constitution", _("Constitution")), ("rubric", _("Rubric")), ("policy", _("Acceptance policy"))]


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is in the file"), choices=KINDS)
    rubric = forms.ModelChoiceField(
        label=_("For a policy: its rubric"), queryset=Rubric.objects.order_by("-id"), required=False
    )
    file = forms.FileField(label=_("YAML file"))

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 512 KB; these are a few pages of YAML."))
        return file
