"""What a curator fills in to make a queue or to add stories to one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.actions.queues import LONGEST_INSTRUCTIONS
from curation.accounts.models import Role, User
from curation.scoring.models import Judge, JudgeVersion
from curation.scoring.queries import versions_at_work
from curation.standards.forms import PolicyField
from curation.standards.models import AcceptancePolicy
from curation.standards.queries import names_by_kind
from curation.stories.forms import LanguageField
from curation.stories.models import ImportRun, Source
from curation.stories.stages import State
from curation.triage.filters import StoryFilter
from curation.triage.queries import READY, StorySelection, choosable_judges, free_slug

MOST_CHOSEN = 500
STATES = [
    ("ready", _("Ready to review")),
    ("scored", _("Ready, and scored by a model")),
    ("checked", _("Ready, not scored")),
    ("queued", _("In review in another queue")),
]
RUN_STATES = [
    ("any", _("All that passed their checks")),
    ("ready", _("Ready to review")),
    ("queued", _("In review")),
    ("decided", _("Decided, or to be adjudicated")),
]
DECIDED = (State.ADJUDICATION, State.ACCEPTED, State.REJECTED, State.REWRITE)
OF_RUNS = {
    "any": (State.CHECKED, State.SCORED, State.QUEUED, *DECIDED),
    "ready": READY["ready"],
    "queued": (State.QUEUED,),
    "decided": DECIDED,
}
ORDERS = [
    ("import", _("As imported")),
    ("random", _("At random")),
    ("high", _("Highest model score first")),
    ("low", _("Lowest model score first")),
]


class PeopleField(forms.ModelMultipleChoiceField[User]):
    """People by the name that pages show."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name of a person."""
        return str(obj.shown_name)


class VersionField(forms.ModelChoiceField[JudgeVersion]):
    """Judge versions with the rubric they read by and the provider that answers."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name of a version."""
        return f"{obj}, {obj.rubric}, {obj.provider}"


class ChosenField(forms.CharField):
    """The ids of stories that were chosen one by one, between commas; empty for no such choice."""

    def clean(self, value: Any) -> tuple[int, ...]:
        """Return the ids; `ValidationError` for anything else, and for more than a page of stories holds."""
        parts = [part for part in str(super().clean(value)).split(",") if part]
        if len(parts) > MOST_CHOSEN or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            raise forms.ValidationError(_("Choose the stories again on the page of stories."))
        return tuple(int(part) for part in parts)


class StoriesForm(forms.Form):
    """Which stories."""

    source = forms.ModelChoiceField(
        Source.objects.all(), required=False, label=_("Source"), empty_label=_("Any source")
    )
    language = LanguageField()
    run = forms.ModelChoiceField(ImportRun.objects.all(), required=False, widget=forms.HiddenInput)
    stories = ChosenField(required=False, widget=forms.HiddenInput)
    state = forms.ChoiceField(choices=STATES, label=_("State"))
    principle = forms.ChoiceField(required=False, label=_("Principle"))
    theme = forms.ChoiceField(required=False, label=_("Theme"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = names_by_kind()
        for kind in ("principle", "theme"):
            self.fields[kind] = forms.ChoiceField(
                choices=[("", _("Any")), *names[kind].choices()], required=False, label=self.fields[kind].label
            )

    def chosen(self, states: Mapping[str, tuple[State, ...]]) -> StoryFilter:
        """Return what the valid form asks for; `states` says what its field stands for."""
        data = self.cleaned_data
        return StoryFilter(
            states=states[data["state"]],
            source=data["source"].name if data["source"] else "",
            language=data["language"],
            run=data["run"].pk if data["run"] else None,
            stories=data["stories"],
            principle=data["principle"],
            theme=data["theme"],
        )


class SelectionForm(StoriesForm):
    """Which stories, how many, in which order."""

    order = forms.ChoiceField(
        choices=ORDERS, label=_("Order"), help_text=_("Reviewers are not told what the order rests on.")
    )
    limit = forms.IntegerField(min_value=1, max_value=100_000, initial=100, label=_("At most"))

    def selection(self) -> StorySelection:
        """Return what the valid form asks for."""
        data = self.cleaned_data
        return StorySelection(filter=self.chosen(READY), order=data["order"], limit=data["limit"])


class RunForm(StoriesForm):
    """Which stories a judge is to read, and which judge."""

    version = VersionField(JudgeVersion.objects.none(), label=_("Judge"), empty_label=None)
    at_most = forms.IntegerField(
        min_value=1, required=False, label=_("At most"), help_text=_("Left empty, all that fit; else some by chance.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"] = forms.ChoiceField(choices=RUN_STATES, label=_("State"))
        versions = self.fields["version"]
        assert isinstance(versions, VersionField)  # noqa: S101 - tells mypy what was declared above  # nosec
        versions.queryset = versions_at_work()
        self.order_fields(["version"])


class QueueJudgesForm(forms.Form):
    """Whose scores a queue uses. It has no fields while there is only the embedded scorer."""

    orders = forms.ModelChoiceField(
        Judge.objects.none(),
        required=False,
        label=_("Judge for the order"),
        empty_label=_("Embedded scorer"),
        help_text=_("Where the order rests on scores, it is on this judge’s."),
    )
    shows = forms.ModelChoiceField(
        Judge.objects.none(),
        required=False,
        label=_("Judge to compare with"),
        empty_label=_("Embedded scorer"),
        help_text=_("Shown after a review is in, where reviewers can compare."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choosable = choosable_judges()
        if not choosable.exists():
            self.fields.clear()
        for field in self.fields.values():
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells mypy what was declared above  # nosec
            field.queryset = choosable


class QueueForm(forms.Form):
    """The queue itself."""

    name = forms.CharField(
        max_length=120,
        label=_("Name"),
        help_text=_("Reviewers see it: say what there is to read, nothing about model scores."),
    )
    slug = forms.SlugField(
        max_length=60, required=False, label=_("Address"), help_text=_("Left empty, it is made from the name.")
    )
    instructions = forms.CharField(
        required=False,
        max_length=LONGEST_INSTRUCTIONS,
        label=_("What reviewers should keep in mind"),
        widget=forms.Textarea({"rows": 3}),
    )
    members = PeopleField(
        User.objects.filter(is_active=True).exclude(role=Role.RESEARCHER).order_by("username"),
        required=False,
        label=_("Reviewers"),
        help_text=_("With nobody chosen, nobody is offered its stories until you add people on the queue's page."),
        widget=forms.CheckboxSelectMultiple,
    )
    overlap = forms.IntegerField(min_value=1, max_value=5, initial=2, label=_("Reviews per story"))
    lease_minutes = forms.IntegerField(
        min_value=5,
        max_value=1440,
        initial=60,
        label=_("Minutes a story is held"),
        help_text=_("After that it may go to somebody else. Drafts are kept."),
    )
    reveal = forms.BooleanField(required=False, label=_("After submitting, reviewers can compare with the model"))
    comparison_share = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=100,
        initial=100,
        label=_("Percent of reviews that may be compared"),
        help_text=_(
            "Under 100 it is drawn by chance which; the judge’s page then tells whether comparing moves people."
        ),
    )
    requires_practice = forms.BooleanField(required=False, label=_("Reviewers must have passed the practice round"))
    policy = PolicyField(
        AcceptancePolicy.objects.select_related("rubric").order_by("-id"), label=_("Decided by"), empty_label=None
    )

    def clean_comparison_share(self) -> int:
        """Let every review be compared when nothing was said."""
        share: int | None = self.cleaned_data["comparison_share"]
        return 100 if share is None else share

    def clean_slug(self) -> str:
        """Suggest an address that is free when none was chosen."""
        given: str = self.cleaned_data["slug"]
        if given:
            return given
        return free_slug(self.cleaned_data.get("name", ""))
