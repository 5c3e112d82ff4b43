"""The forms for researchers: what to look for, what is wrong, what came of training."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.releases.models import Release
from curation.research.models import Profile, ReportKind
from curation.research.models.outcome import LONGEST as LONGEST_NOTES
from curation.research.models.report import LONGEST
from curation.research.rows.questions import RowFilter

ANY = ("", _("any"))
STEPS = ["1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5"]


def named(counts: dict[str, int], names: dict[str, str]) -> list[tuple[str, Any]]:
    """Return what there is as choices, the most frequent first, with its number."""
    ranked = sorted(counts.items(), key=lambda part: (-part[1], part[0]))
    return [ANY, *((key, f"{names.get(key, key)} ({n})") for key, n in ranked if key)]


class RowsForm(forms.Form):
    """What to look for among the stories of a version; what there is to choose was counted in it."""

    q = forms.CharField(
        label=_("Words in title or text"), max_length=200, required=False, widget=forms.TextInput({"type": "search"})
    )
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    principle = forms.ChoiceField(label=_("Principle"), required=False)
    generator = forms.ChoiceField(label=_("Generator"), required=False)
    criterion = forms.ChoiceField(label=_("Criterion"), required=False)
    least = forms.ChoiceField(label=_("Mean from"), required=False, choices=[ANY, *((one, one) for one in STEPS)])
    most = forms.ChoiceField(label=_("to"), required=False, choices=[ANY, *((one, one) for one in STEPS)])

    def __init__(self, data: Any, profile: Profile, release: Release, names: dict[str, dict[str, str]]) -> None:
        super().__init__(data)
        counts = profile.figures
        for field, kind in (
            ("tier", "tiers"),
            ("theme", "themes"),
            ("principle", "principles"),
            ("generator", "generators"),
        ):
            self.fields[field].choices = named(counts[kind], names.get(kind, {}))  # type: ignore[attr-defined]
        criteria = release.frozen["rubric"]["criteria"]
        keys = [(part["key"], f"{part['key']} {names['criteria'].get(part['key'], part['name'])}") for part in criteria]
        self.fields["criterion"].choices = [ANY, *keys]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse bounds of no criterion, and bounds that no mean lies between."""
        found = super().clean() or {}
        least, most = found.get("least"), found.get("most")
        if (least or most) and not found.get("criterion"):
            self.add_error("criterion", _("Choose the criterion whose mean is meant."))
        if least and most and float(least) > float(most):
            self.add_error("most", _("Choose a mean that is not below the other."))
        return found

    @property
    def question(self) -> RowFilter:
        """What is asked for; nothing while the form has errors."""
        if not self.is_valid():
            return RowFilter()
        found = self.cleaned_data
        return RowFilter(
            words=" ".join(found["q"].split()),
            tier=found["tier"],
            generator=found["generator"],
            theme=found["theme"],
            principle=found["principle"],
            criterion=found["criterion"],
            least=float(found["least"]) if found["least"] else None,
            most=float(found["most"]) if found["most"] else None,
        )


class ReportForm(forms.Form):
    """A problem with a row."""

    kind = forms.ChoiceField(label=_("What kind of problem"), choices=ReportKind.choices)
    text = forms.CharField(
        label=_("What is wrong with it"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Curators read it, and answer. Quote the passage, or say what you would have expected."),
    )


class OutcomeForm(forms.Form):
    """What came of training on a version."""

    who = forms.CharField(label=_("Who trained"), max_length=160, help_text=_("A person, a lab or a team."))
    model = forms.CharField(label=_("Which model"), max_length=160, help_text=_("With its size, and where it began."))
    rows = forms.CharField(
        label=_("On which rows"),
        max_length=300,
        help_text=_("Configs, splits and filters: “stories/train, tier gold”."),
    )
    method = forms.CharField(
        label=_("How"), max_length=300, help_text=_("Method, rewards, steps: they may matter more than the stories.")
    )
    measure = forms.CharField(label=_("What was measured"), max_length=200)
    unit = forms.CharField(label=_("Unit"), max_length=40, required=False, help_text=_("Such as % or points."))
    higher_is_better = forms.TypedChoiceField(
        label=_("Better is"),
        choices=[("yes", _("a higher figure")), ("no", _("a lower figure"))],
        coerce=lambda value: value == "yes",
    )
    baseline = forms.FloatField(label=_("Baseline"), help_text=_("The same measure without this training."))
    result = forms.FloatField(label=_("Result"), help_text=_("A result that shows no difference is as welcome."))
    low = forms.FloatField(label=_("Interval of the result: from"), required=False)
    high = forms.FloatField(label=_("to"), required=False, help_text=_("Say in the notes how it was made."))
    link = forms.URLField(
        label=_("Link"), max_length=500, assume_scheme="https", help_text=_("Where it can be read or checked.")
    )
    notes = forms.CharField(
        label=_("Notes"), max_length=LONGEST_NOTES, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
