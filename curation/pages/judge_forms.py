"""The forms by which judges are set up and runs are paid for."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.core.errors import NotFound
from curation.llm.models import Provider
from curation.llm.queries import known_models
from curation.scoring.actions.judges import EFFORTS, MOST_OUTPUT_TOKENS, OUTPUT_TOKENS
from curation.scoring.models import Judge, JudgeVersion
from curation.scoring.models.judge import MOST_SAMPLES
from curation.scoring.queries import combinable_judges, rubric_in_use
from curation.scoring.reading import NEWEST, prompt_versions
from curation.standards.models import Constitution, Rubric
from curation.stories.models import Source

MICRO = 1_000_000
EFFORT_WORDS = {"": _("Left to the model"), "low": _("Low"), "medium": _("Medium"), "high": _("High")}


class DollarsField(forms.DecimalField):
    """An amount in dollars, as whole millionths of one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": Decimal(0), "max_digits": 12, "decimal_places": 6, **kwargs})

    def clean(self, value: Any) -> Any:
        """Return micro-dollars, or None for an empty field."""
        amount = super().clean(value)
        return None if amount is None else int(amount * MICRO)


class BudgetForm(forms.Form):
    """What a run may cost in all."""

    limit = DollarsField(
        label=_("Budget in dollars"), help_text=_("The run pauses before it would cost more. You can raise it then.")
    )


class StartForm(BudgetForm):
    """What a run may cost in all, and how soon it is to be answered."""

    pace = forms.ChoiceField(
        choices=[("now", _("At once")), ("batches", _("Within a day, in batches"))],
        initial="now",
        label=_("Answers"),
        widget=forms.RadioSelect,
    )
    field_order = ("pace", "limit")


class RuleForm(forms.Form):
    """Which imports a judge is to score, and for how much each."""

    source = forms.ModelChoiceField(
        Source.objects.order_by("name"), required=False, label=_("Imports from"), empty_label=_("Any source")
    )
    limit = DollarsField(label=_("At most, in dollars, for each import"), min_value=Decimal("0.000001"))
    in_batches = forms.BooleanField(
        required=False,
        label=_("Within a day, in batches"),
        help_text=_("Where the provider takes batches; elsewhere at once."),
    )


class VersionForm(forms.Form):
    """What a version of a judge does."""

    provider = forms.ModelChoiceField(
        Provider.objects.filter(removed_at=None).order_by("name"), label=_("Provider"), empty_label=None
    )
    model = forms.CharField(
        max_length=120,
        required=False,
        label=_("Model"),
        widget=forms.TextInput({"list": "known-models"}),
        help_text=_("By the name that its provider knows. Left empty, it is the one on the provider’s page."),
    )
    rubric = forms.ModelChoiceField(Rubric.objects.order_by("-id"), label=_("Rubric"), empty_label=None)
    constitution = forms.ModelChoiceField(
        Constitution.objects.order_by("-id"), label=_("Constitution"), empty_label=None
    )
    samples = forms.IntegerField(
        min_value=1,
        max_value=MOST_SAMPLES,
        initial=1,
        label=_("Samples per story"),
        help_text=_("Each is asked and paid for. With several, their spread says how sure the judge is."),
    )
    temperature = forms.FloatField(
        min_value=0,
        max_value=2,
        required=False,
        label=_("Temperature"),
        help_text=_("Leave it empty for a model that takes none."),
    )
    effort = forms.ChoiceField(
        choices=[(effort, EFFORT_WORDS[effort]) for effort in EFFORTS], required=False, label=_("Effort")
    )
    max_output_tokens = forms.IntegerField(
        min_value=1,
        max_value=MOST_OUTPUT_TOKENS,
        initial=OUTPUT_TOKENS,
        label=_("Longest answer, in tokens"),
        help_text=_("What a model thinks counts as well. So much is kept back of the budget for each answer."),
    )
    prompt_version = forms.TypedChoiceField(coerce=int, label=_("Prompt"), initial=NEWEST)
    own_prompt = forms.CharField(
        required=False,
        strip=True,
        label=_("A prompt of its own"),
        widget=forms.Textarea({"rows": 12, "spellcheck": "false"}),
        help_text=_(
            "Takes the place of what the project’s prompt says about judging. It has to name {{criteria}} and "
            "{{flags}}."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, before: JudgeVersion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_models = known_models()
        words = [(number, _("Version %(n)s") % {"n": number}) for number in reversed(prompt_versions())]
        prompts = self.fields["prompt_version"]
        assert isinstance(prompts, forms.TypedChoiceField)  # noqa: S101 - tells mypy what was declared above  # nosec
        prompts.choices = words
        if before is not None:
            same = ("provider", "rubric", "constitution", "model", "samples", "temperature", "effort")
            self.initial.update(
                {name: getattr(before, name) for name in (*same, "max_output_tokens", "prompt_version")}
            )
            self.initial["own_prompt"] = before.prompt
        else:
            try:
                self.initial["rubric"] = rubric_in_use()
            except NotFound:
                return


class CombineForm(forms.Form):
    """Several judges as one."""

    name = forms.CharField(max_length=40, label=_("Name"))
    rubric = forms.ModelChoiceField(Rubric.objects.order_by("-id"), label=_("Rubric"), empty_label=None)
    judges = forms.ModelMultipleChoiceField(
        Judge.objects.none(),
        label=_("Judges to combine"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each counts by how well it agrees with reviewers, once enough stories are rated."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        judges = self.fields["judges"]
        assert isinstance(judges, forms.ModelMultipleChoiceField)  # noqa: S101 - tells mypy what stands above  # nosec
        judges.queryset = combinable_judges()
        try:
            self.initial["rubric"] = rubric_in_use()
        except NotFound:
            return


class JudgeForm(VersionForm):
    """A new judge with its first version."""

    name = forms.CharField(
        max_length=40, label=_("Name"), help_text=_("Short, and not the model’s: versions may change that.")
    )
    field_order = ("name",)
