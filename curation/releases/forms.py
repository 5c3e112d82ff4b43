"""The forms that make a dataset, choose stories and create a release."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.releases.formats import CHOICES
from curation.releases.licences import KNOWN
from curation.releases.models.dataset import Visibility
from curation.releases.models.rerating import MOST_DRAWN
from curation.releases.queries.choosing import MOST_CAP, all_tiers, generators
from curation.releases.selecting import SelectionChoice
from curation.standards.forms import PolicyField
from curation.standards.models import AcceptancePolicy, Rubric
from curation.standards.queries import names_by_kind
from curation.stories.models import Source

# A card and a changelog that nobody could load help nobody.
MOST_CHARS = 10_000
OPEN_TO = [
    (Visibility.PRIVATE, _("Curators, admins and researchers")),
    (Visibility.GATED, _("Whoever accepts its terms, or is let in")),
    (Visibility.SIGNED_IN, _("Everyone who signs in")),
    (Visibility.PUBLIC, _("Everyone, without an account too")),
]
# What a selection names some of, as the form offers it.
KINDS = ("sources", "principles", "themes", "tiers", "generators")


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
    only_corrects = forms.BooleanField(
        label=_("Keep to the stories of the version before"),
        required=False,
        help_text=_("For a PATCH, such as one without a withdrawn story: what was accepted since waits for a MINOR."),
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


def several(label: Any) -> forms.MultipleChoiceField:
    """Return a field for any of some names."""
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple)


def most(label: Any) -> forms.IntegerField:
    """Return a field for a cap."""
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=MOST_CAP)


class VersionSelectionForm(forms.Form):
    """Which stories. A kind with nothing ticked narrows nothing."""

    rubric = forms.ModelChoiceField(
        Rubric.objects.order_by("-id"), label=_("Rubric"), required=False, empty_label=_("The newest in use")
    )
    policy = PolicyField(
        AcceptancePolicy.objects.select_related("rubric").order_by("-id"),
        label=_("Acceptance policy"),
        required=False,
        empty_label=_("Any of the rubric"),
    )
    tiers = several(_("Tiers"))
    sources = several(_("Sources"))
    generators = several(_("Generators"))
    principles = several(_("Principles"))
    themes = several(_("Themes"))
    per_principle = most(_("At most of one principle"))
    per_theme = most(_("At most of one theme"))
    per_generator = most(_("At most by one generator"))
    one_per_cluster = forms.BooleanField(
        label=_("One story of near duplicates"),
        required=False,
        help_text=_("The one of the best tier, then with the highest mean. What is left out is counted in the card."),
    )
    rewrites = forms.BooleanField(
        label=_("Stories that were sent to rewrite, too"),
        required=False,
        help_text=_("They were not accepted. They go in as tier bronze, with half the weight."),
    )

    def __init__(self, data: Any = None, *, choice: SelectionChoice | None = None) -> None:
        super().__init__(data, initial=choice.as_data() if choice else None)
        names = names_by_kind()
        offered: dict[str, list[tuple[str, Any]]] = {
            "sources": [(name, title or name) for name, title in Source.objects.values_list("name", "title")],
            "principles": names["principle"].choices(),
            "themes": names["theme"].choices(),
            "tiers": [(name, name) for name in all_tiers()],
            "generators": [(name, name or _("not stated")) for name in generators()],
        }
        for kind in KINDS:
            field = self.fields[kind]
            assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - tells mypy what it is  # nosec
            field.choices = offered[kind]

    @property
    def kinds(self) -> list[tuple[Any, int]]:
        """The fields of names that there is a choice of, each with how many are ticked."""
        fields = [self[kind] for kind in KINDS]
        return [(one, len(one.value() or [])) for one in fields if len(list(one.subwidgets)) > 1]

    def choice(self) -> SelectionChoice:
        """Return what the valid form asks for."""
        data = dict(self.cleaned_data)
        for standard in ("rubric", "policy"):
            data[standard] = data[standard].pk if data[standard] else None
        return SelectionChoice.from_data(data)


class ReratingForm(forms.Form):
    """How many stories are to be rated once more."""

    name = forms.CharField(
        label=_("Name of the queue"),
        max_length=120,
        help_text=_("Reviewers see it. Do not say that these stories were accepted: whoever knows rates higher."),
    )
    stories = forms.IntegerField(label=_("Stories"), min_value=1, max_value=MOST_DRAWN, initial=60)
    overlap = forms.IntegerField(label=_("Reviews per story"), min_value=1, max_value=5, initial=2)
