"""The forms of the import pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.stories.actions import find_source
from curation.stories.fields import FIELDS
from curation.stories.forms import RowDefaultsForm
from curation.stories.models import Source
from curation.stories.source_names import source_slug


class UploadForm(forms.Form):
    """Asks for the file."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, TSV, JSONL, JSON, Parquet, Arrow, Markdown or text, or a zip of any of these."),
    )


class ConfirmForm(RowDefaultsForm):
    """Asks which column is which field, and where the stories come from."""

    source = forms.ModelChoiceField(
        Source.objects.none(), required=False, label=_("Source"), empty_label=_("A new source, named below")
    )
    new_source = forms.CharField(
        max_length=160,
        required=False,
        label=_("Name of the new source"),
        help_text=_("Such as a generator or partner."),
    )
    field_order = ["source", "new_source"]

    def __init__(self, *args: Any, columns: Sequence[str], guessed: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source = self.fields["source"]
        assert isinstance(source, forms.ModelChoiceField)  # noqa: S101 - tells mypy what was declared above  # nosec
        source.queryset = Source.objects.order_by("name")
        for name, field in FIELDS.items():
            needed = name == "text"
            none = ("", _("choose a column") if needed else _("not in this file"))
            choices = [none, *((column, column) for column in columns)]
            self.fields[f"map_{name}"] = forms.ChoiceField(
                choices=choices, required=needed, label=field.label, initial=guessed.get(name, "")
            )

    @property
    def mapping_found(self) -> list[forms.BoundField]:
        """The fields that choose columns and have one, the text always among them, for the template."""
        return [field for name, field in self._mapping_fields() if name == "text" or field.value() or field.errors]

    @property
    def mapping_missing(self) -> list[forms.BoundField]:
        """The fields that choose columns and have none."""
        found = {field.name for field in self.mapping_found}
        return [field for _name, field in self._mapping_fields() if field.name not in found]

    def _mapping_fields(self) -> list[tuple[str, forms.BoundField]]:
        return [(name, self[f"map_{name}"]) for name in FIELDS]

    def clean(self) -> dict[str, Any]:
        """Refuse one column for two fields, and a source that is neither chosen nor named."""
        data = super().clean() or {}
        chosen: dict[str, str] = {}
        for name in FIELDS:
            column = data.get(f"map_{name}")
            if column and column in chosen:
                self.add_error(
                    f"map_{name}", _("“%(column)s” is already used for %(other)s.")
                    % {"column": column, "other": FIELDS[chosen[column]].label}
                )  # fmt: skip
            elif column:
                chosen[column] = name
        if not data.get("source"):
            name = data.get("new_source") or ""
            if not source_slug(name):
                self.add_error("new_source", _("Choose a source above, or name a new one with letters or digits."))
            elif find_source(name):
                self.add_error("new_source", _("There is already a source of this name. Choose it above."))
        return data

    def mapping(self) -> dict[str, str]:
        """Return field -> column, for the fields that have one."""
        return {name: self.cleaned_data[f"map_{name}"] for name in FIELDS if self.cleaned_data[f"map_{name}"]}

    def defaults(self) -> dict[str, str]:
        """Return the values for rows that have none."""
        return {name: self.cleaned_data[name] for name in ("license", "language", "generator")}
