"""The story browser's questions: which stories fit the filters, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.pages.ordering import NEWEST, ORDERS, Order
from curation.standards.queries import names_by_kind
from curation.stories.forms import LanguageField
from curation.stories.models import ImportRun, Source, Story
from curation.stories.stages import State
from curation.triage.filters import StoryFilter
from curation.triage.queries import as_listed

PAGE = 30
COUNTED = 1000
FINDINGS = {
    "near_duplicate": _("Near duplicate"),
    "scaffold_leak": _("Leaked scaffold"),
    "placeholder": _("Placeholder"),
    "disclaimer": _("Model disclaimer"),
    "truncated": _("Cut off"),
    "too_short": _("Very short"),
    "fence": _("Code fence"),
    "link": _("Link or address"),
    "stock_name": _("Stock name"),
    "hidden_character": _("Hidden character"),
    "not_checked": _("Could not be checked"),
}


def choice(label: Any, unknown: Any) -> forms.ChoiceField:
    """Make a filter; `unknown` is what it says of a `%(value)s` that it does not know."""
    return forms.ChoiceField(label=label, required=False, error_messages={"invalid_choice": unknown})


class BrowseForm(forms.Form):
    """The filters. What it does not know is left out, so that an old link still shows stories; `left_out` says so."""

    q = forms.CharField(label=_("Words in title or text"), required=False, max_length=200)
    source = choice(_("Source"), _("No source is called “%(value)s”, so stories of every source are shown."))
    language = LanguageField(
        error_messages={"unknown": _("No language is called “%(value)s”, so stories in every language are shown.")}
    )
    state = choice(_("State"), _("No state is called “%(value)s”, so stories in every state are shown."))
    principle = choice(
        _("Principle"), _("No principle is called “%(value)s”, so stories of every principle are shown.")
    )
    theme = choice(_("Theme"), _("No theme is called “%(value)s”, so stories of every theme are shown."))
    flag = choice(_("Flag"), _("No flag is called “%(value)s”, so stories with any flag or none are shown."))
    run = forms.ModelChoiceField(
        ImportRun.objects.all(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("There is no such import, so stories of every import are shown.")},
    )
    sort = choice(_("Order"), _("No order is called “%(value)s”, so the newest stories come first."))

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        any_one = [("", _("Any"))]
        sources = [(one.name, str(one)) for one in Source.objects.order_by("name").only("name", "title")]
        self._choose("source", [*any_one, *sources])
        self._choose("state", [*any_one, *State.choices])
        self.names = names_by_kind()
        for kind in ("principle", "theme"):
            self._choose(kind, [*any_one, *self.names[kind].choices()])
        found = [(f"check:{key}", name) for key, name in FINDINGS.items()]
        raised = [(f"raised:{key}", name) for key, name in self.names["flag"].choices()]
        self._choose("sort", [("" if key == NEWEST else key, order.label) for key, order in ORDERS.items()])
        self._choose("flag", [*any_one, (_("Found by a check"), found), (_("Raised by a reader"), raised)])

    def left_out(self) -> list[str]:
        """Say which filters were asked for and cannot be used, and take their complaints off the fields."""
        said = [str(message) for messages in self.errors.values() for message in messages]
        self.errors.clear()
        return said

    def story_filter(self) -> StoryFilter:
        """Return what the filters ask for, after `left_out`."""
        data = self.cleaned_data
        where, _colon, what = data.get("flag", "").partition(":")
        return StoryFilter(
            words=data.get("q", ""),
            source=data.get("source", ""),
            language=data.get("language", ""),
            run=data["run"].pk if data.get("run") else None,
            states=(State(data["state"]),) if data.get("state") else (),
            principle=data.get("principle", ""),
            theme=data.get("theme", ""),
            finding=what if where == "check" else "",
            raised=what if where == "raised" else "",
        )

    def _choose(self, name: str, choices: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices


@dataclass(frozen=True)
class StoryPage:
    """Stories in an order; `next` and `previous` are the places that the pages around it start from, or empty."""

    stories: Sequence[Story]
    total: int
    next: str
    previous: str

    @property
    def many(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED


def page_of(user: User, stories: QuerySet[Story], order: Order, *, next: str, previous: str) -> StoryPage:
    """Cut one page that follows the place `next` or comes before the place `previous` (`Order.write`), else the first.

    It starts at the place in the order's index, so that the hundredth page costs what the first does. Counting stops at
    `COUNTED`. An order by what happened to the state leaves out the stories that `user` has yet to judge blind.
    """
    if order.of == "stage":
        stories = stories.exclude(to_judge_blind(user, "pk"))
    rows = order.marked(as_listed(stories, reader=user))
    back, on = order.place(previous), order.place(next)
    if back is not None:
        cut = list(order.sorted(order.beyond(rows, back, backwards=True), backwards=True)[: PAGE + 1])
        more_before, more_after = len(cut) > PAGE, True
        shown = cut[:PAGE][::-1]
    else:
        cut = list(order.sorted(rows if on is None else order.beyond(rows, on))[: PAGE + 1])
        more_before, more_after = on is not None, len(cut) > PAGE
        shown = cut[:PAGE]
    for story in shown:
        story.stage.state = getattr(story, "told")  # noqa: B009 - an annotation, which no stub knows
    return StoryPage(
        stories=shown,
        # Beyond the last page nothing is shown, and so nothing is told.
        total=stories.order_by()[: COUNTED + 1].count() if shown else 0,
        next=order.write(shown[-1]) if shown and more_after else "",
        previous=order.write(shown[0]) if shown and more_before else "",
    )
