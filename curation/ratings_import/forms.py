"""The mapping page: what a person has chosen so far, over what names and scales suggest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import InvalidInput
from curation.ratings_import.actions.people import known_users
from curation.ratings_import.generating import rubric_from, spec_from
from curation.ratings_import.looking import Look, is_shown
from curation.ratings_import.plan import (
    COMMENT,
    CRITERION,
    FLAG,
    MARKS,
    NOT_APPLICABLE,
    NOTHING,
    THEME,
    RatingsImportPlan,
    Target,
    columns_for,
    offered,
    target_for,
    ways,
    with_options,
)
from curation.ratings_import.queries import earlier_targets, people_offered, rubrics_offered
from curation.ratings_import.shapes import Kind, Question
from curation.standards.models import Rubric
from curation.standards.spec import RubricSpec, spec_for_reader
from curation.stories.forms import RowDefaultsForm

NEW = "new"
KINDS = {
    Kind.RATING: gettext_lazy("a rating"),
    Kind.LABEL: gettext_lazy("one of several labels"),
    Kind.MULTI_LABEL: gettext_lazy("several labels"),
    Kind.TEXT: gettext_lazy("words"),
    Kind.SPAN: gettext_lazy("passages"),
    Kind.RANKING: gettext_lazy("a ranking"),
    Kind.OTHER: gettext_lazy("something else"),
}
MOST_ROWS = 60


class AnnotatedDatasetForm(forms.Form):
    """Asks for the file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A zip of what dataset.to_disk() wrote or of a repository that dataset.to_hub() filled, or its JSON, JSONL "
            "or Parquet alone. Datasets of Argilla 1 too."
        ),
    )


class SourceForm(RowDefaultsForm):
    """Asks where the stories come from, and how they were rated."""

    source = forms.CharField(max_length=160, label=gettext_lazy("Source"))
    blind = forms.BooleanField(
        required=False,
        label=gettext_lazy("Everybody rated blind"),
        help_text=gettext_lazy(
            "Nobody saw a suggestion or what others said. Only then do these reviews count for agreement and for "
            "judges; they decide nothing in either case."
        ),
    )
    field_order = ["source"]


@dataclass(frozen=True)
class Choice:
    """One value of a select."""

    value: str
    shown: str
    chosen: bool

    @property
    def is_name(self) -> bool:
        """Whether it is shown by a name that somebody gave, which no browser is to translate."""
        return self.value not in {COMMENT, MARKS, NOTHING, NOT_APPLICABLE, ""}


@dataclass(frozen=True)
class Select:
    """A select of the page: its field's name, what is chosen by it, and its choices."""

    field: str
    label: str
    choices: list[Choice]
    n: int = 0

    @property
    def chosen(self) -> str:
        """What the choice in force is shown as."""
        return next((one.shown for one in self.choices if one.chosen), "")


@dataclass(frozen=True)
class Row:
    """One question: what it becomes, and what each of its options does. `was` is what the options were offered for."""

    question: Question
    becomes: Select
    options: list[Select]
    was: str

    @property
    def kind(self) -> str:
        """What its kind is called."""
        return str(KINDS[self.question.kind])


class ChosenMapping:
    """What is chosen: the rubric (None for a new one), the plan, and the selects to choose by."""

    def __init__(self, look: Look, name: str, data: Mapping[str, Any] | None, *, rubric: Rubric | None = None) -> None:
        self.look, self.data = look, data or {}
        self.name = " ".join(str(self.data.get("name") or name).split())[:120]
        self.rubrics = rubrics_offered()
        self.rubric = self._rubric(rubric)
        self.people = people_offered()
        if self.rubric is None:
            file, targets = rubric_from(self.name or _("Dataset"), 1, look.questions, look.guidelines)
            self.spec, self.targets = spec_from(file), targets
        else:
            self.spec = spec_for_reader(self.rubric)
            self.targets = self._targets(self.spec)

    def _rubric(self, default: Rubric | None) -> Rubric | None:
        chosen = str(self.data.get("rubric", default.pk if default else NEW))
        if chosen == NEW:
            return None
        found = next((one for one in self.rubrics if str(one.pk) == chosen), None)
        if found is None:
            raise InvalidInput(_("Choose a rubric, or have one made."))
        return found

    def _targets(self, spec: RubricSpec) -> dict[str, Target]:
        before = earlier_targets(self.name, self.rubric) if self.rubric else {}
        found: dict[str, Target] = {}
        for place, question in enumerate(self.look.questions):
            taken = [target.becomes for target in found.values() if target.criterion]
            said = str(self.data.get(f"q{place}", ""))
            if said not in {NOTHING, *ways(question, spec)}:
                found[question.name] = before.get(question.name) or target_for(question, spec, taken)
                continue
            target = with_options(question, spec, said)
            if self.data.get(f"q{place}was") == said:
                possible = set(offered(question, spec, target))
                chosen = {
                    value: str(self.data.get(f"q{place}o{number}", "")) for number, value in enumerate(question.options)
                }
                target = Target(said, {value: one for value, one in chosen.items() if one in possible})
            found[question.name] = target
        return found

    @property
    def columns(self) -> dict[str, str]:
        """Story field -> column."""
        found = columns_for(self.look)
        text, title = str(self.data.get("text", "")), self.data.get("title")
        if text in self.look.layout.fields:
            found = {name: column for name, column in found.items() if column != text} | {"text": text}
        if title is not None:
            found.pop("title", None)
            if title in self.look.layout.fields and title != found["text"]:
                found["title"] = str(title)
        return found

    @property
    def plan(self) -> RatingsImportPlan:
        """What is chosen, as a plan."""
        return RatingsImportPlan(self.columns, self.targets, self._chosen_people())

    def _chosen_people(self) -> dict[str, int]:
        known = {one.pk for one in self.people}
        found: dict[str, int] = {}
        for place, key in enumerate(self.look.people):
            said = self.data.get(f"p{place}")
            pk = self._suggested().get(key) if said is None else int(said) if str(said).isdecimal() else None
            if pk in known:
                found[key] = pk
        return found

    def _suggested(self) -> dict[str, int]:
        """Return who the people there are here: as an earlier import says, else by the name or address they have."""
        found = {key: user.pk for key, user in known_users(self.look.people, self.name).items() if user.is_active}
        by_name: dict[str, int] = {}
        for user in self.people:
            for name in filter(None, (user.username, user.email)):
                by_name.setdefault(name.casefold(), user.pk)
        for key in self.look.people:
            called = self.look.names.get(key, key).casefold()
            if key not in found and called in by_name and by_name[called] not in found.values():
                found[key] = by_name[called]
        return found

    @property
    def rows(self) -> list[Row]:
        """The questions with their selects; none to choose by where the rubric is made of them."""
        return [self._row(place, question) for place, question in enumerate(self.look.questions[:MOST_ROWS])]

    def _row(self, place: int, question: Question) -> Row:
        target = self.targets[question.name]
        possible = list(dict.fromkeys([*ways(question, self.spec), NOTHING]))
        becomes = Select(f"q{place}", question.shown, [self._choice(way, target.becomes) for way in possible])
        options = []
        choices = offered(question, self.spec, target)
        if is_shown(question) and choices:
            for number, (value, shown) in enumerate(question.options.items()):
                now = target.options.get(value, "")
                options.append(Select(f"q{place}o{number}", shown, [self._choice(one, now) for one in ["", *choices]]))
        return Row(question, becomes, options, target.becomes)

    def _choice(self, value: str, now: str) -> Choice:
        return Choice(value, self.shown(value), value == now)

    def shown(self, value: str) -> str:
        """Return what a page calls what a question or an option becomes."""
        if value in {COMMENT, MARKS, NOTHING, NOT_APPLICABLE, ""}:
            return {
                COMMENT: _("The comment"),
                MARKS: _("Themes and flags, by option"),
                NOTHING: _("Nothing (listed as not kept)"),
                NOT_APPLICABLE: _("N/A"),
                "": _("Nothing"),
            }[value]
        for prefix, parts in ((CRITERION, self.spec.criteria), (THEME, self.spec.themes), (FLAG, self.spec.flags)):
            if value.startswith(prefix):
                names = {part.key: part.name for part in parts}
                key = value.removeprefix(prefix)
                return f"{key} {names[key]}" if prefix == CRITERION else names[key]
        return value

    @property
    def persons(self) -> list[Select]:
        """A select for each person there."""
        chosen = self._chosen_people()
        return [self._person(place, key, n, chosen.get(key)) for place, (key, n) in enumerate(self.look.people.items())]

    def _person(self, place: int, key: str, n: int, now: int | None) -> Select:
        shown = self.look.names.get(key) or key or _("Somebody who is not named")
        choices = [Choice("", _("Nobody here: kept under that name"), now is None)]
        choices += [Choice(str(one.pk), one.shown_name, one.pk == now) for one in self.people]
        return Select(f"p{place}", shown, choices, n)

    def field_choices(self, now: str, *, none: bool) -> list[Choice]:
        """Return the fields of the records to choose from."""
        found = [Choice(one, one.removeprefix("fields."), one == now) for one in self.look.layout.fields]
        return [Choice("", _("not in this file"), not now), *found] if none else found

    @property
    def texts(self) -> list[Choice]:
        """The fields that may be the story."""
        return self.field_choices(self.columns.get("text", ""), none=False)

    @property
    def titles(self) -> list[Choice]:
        """The fields that may be its title."""
        return self.field_choices(self.columns.get("title", ""), none=True)
