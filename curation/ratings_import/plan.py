"""What is to become of a dataset: which column is the story, and what each question is under a rubric. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.ratings_import.looking import Look, is_shown
from curation.ratings_import.shapes import Kind, Question
from curation.standards.spec import RubricSpec
from curation.stories.fields import FIELDS
from curation.stories.mapping import guess, plain

# What a question becomes, but for a criterion, which is named by its key.
COMMENT, MARKS, NOTHING = "comment", "marks", "nothing"
CRITERION = "criterion:"
FLAG, THEME, NOT_APPLICABLE = "flag:", "theme:", "na"
LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True)
class Target:
    """What one question becomes: `becomes` is a criterion (`criterion:B1`), the comment, marks or nothing.

    `options` maps each of its values, as text, to a rating ("1" to "5"), to N/A ("na"), to a flag (`flag:key`), a theme
    (`theme:key`) or a criterion that a passage is evidence for (`criterion:key`); what is missing does not map.
    """

    becomes: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def criterion(self) -> str:
        """The key of the criterion that it becomes, or empty."""
        return self.becomes.removeprefix(CRITERION) if self.becomes.startswith(CRITERION) else ""


@dataclass(frozen=True)
class RatingsImportPlan:
    """The whole of it. `columns` maps a story's field to a column; `targets` are by question, `people` by their ids.

    People who are not among `people` are kept as somebody who has no account here. `text_field` is the field of a
    record that the story's text was taken from, in which passages lie.
    """

    columns: Mapping[str, str]
    targets: Mapping[str, Target]
    people: Mapping[str, int] = field(default_factory=dict)

    @property
    def text_field(self) -> str:
        """The name of the record's field that is the story."""
        return self.columns["text"].removeprefix("fields.").removeprefix("inputs.")

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored: without the people, who may have to be forgotten."""
        return {
            "columns": dict(self.columns),
            "targets": {
                name: {"becomes": one.becomes, "options": dict(one.options)} for name, one in self.targets.items()
            },
        }


def plan_of(stored: Mapping[str, Any]) -> RatingsImportPlan:
    """Return the plan that was stored."""
    targets = {name: Target(one["becomes"], one["options"]) for name, one in stored["targets"].items()}
    return RatingsImportPlan(stored["columns"], targets)


def columns_for(look: Look) -> dict[str, str]:
    """Return story field -> column as names suggest; the longest field is the text where none is called like one."""
    by_name: dict[str, str] = {}
    for column in [*look.layout.fields, *look.layout.metadata]:
        by_name.setdefault(column.rpartition(".")[2], column)
    found = {name: by_name[short] for name, short in guess(list(by_name)).items()}
    if "text" not in found or found["text"] not in look.layout.fields:
        longest = max(look.layout.fields, key=lambda column: look.lengths.get(column, 0), default="")
        found = {name: column for name, column in found.items() if column != longest}
        found |= {"text": longest} if longest else {}
    return {name: found[name] for name in FIELDS if name in found}


def offered(question: Question, spec: RubricSpec, target: Target) -> list[str]:
    """Return what an option of a question may be mapped to, once the question becomes `target`."""
    if target.criterion:
        criterion = next((one for one in spec.criteria if one.key == target.criterion), None)
        values = [str(value) for value in range(LOWEST, HIGHEST + 1)]
        return [*values, NOT_APPLICABLE] if criterion and criterion.na_allowed else values
    if target.becomes != MARKS:
        return []
    flags = [FLAG + flag.key for flag in spec.flags]
    if question.kind is Kind.SPAN:
        return [*(CRITERION + one.key for one in spec.criteria), *flags]
    return [*(THEME + theme.key for theme in spec.themes), *flags]


def ways(question: Question, spec: RubricSpec) -> list[str]:
    """Return what a question of its kind may become, the likeliest first."""
    criteria = [CRITERION + one.key for one in spec.criteria]
    marks = [MARKS] if spec.flags or spec.themes else []
    if question.kind in {Kind.RATING, Kind.LABEL}:
        return [*criteria, *([] if question.kind is Kind.RATING else marks), COMMENT, NOTHING]
    if question.kind is Kind.MULTI_LABEL:
        return [*marks, COMMENT, NOTHING]
    if question.kind is Kind.SPAN:
        return [*([MARKS] if spec.flags or spec.criteria else []), NOTHING]
    return [COMMENT, NOTHING] if question.kind in {Kind.TEXT, Kind.RANKING} else [NOTHING]


def target_for(question: Question, spec: RubricSpec, taken: Sequence[str]) -> Target:
    """Return what a question becomes where nobody has said so: a criterion of its name, marks, the comment or nothing.

    A criterion that is `taken` by another question is not offered twice.
    """
    possible = ways(question, spec)
    names = {plain(question.name), plain(question.title)} - {""}
    for one in spec.criteria:
        way = CRITERION + one.key
        if way in possible and way not in taken and names & {plain(one.key), plain(one.name), plain(one.short)}:
            return with_options(question, spec, way)
    if MARKS in possible and (found := with_options(question, spec, MARKS)).options:
        return found
    way = COMMENT if question.kind is Kind.TEXT else NOTHING
    return Target(way)


def with_options(question: Question, spec: RubricSpec, becomes: str) -> Target:
    """Return a question's target with every option mapped as its name, or its place on the scale, suggests."""
    bare = Target(becomes)
    if not is_shown(question):
        return bare
    if bare.criterion:
        return Target(becomes, on_scale(question))
    possible = set(offered(question, spec, bare))
    by_name: dict[str, str] = {}
    for prefix, parts in ((THEME, spec.themes), (FLAG, spec.flags), (CRITERION, spec.criteria)):
        for part in parts:
            for name in (part.key, part.name):
                by_name.setdefault(plain(name), prefix + part.key)
    found = {}
    for value, shown in question.options.items():
        where = by_name.get(plain(value)) or by_name.get(plain(shown))
        if where in possible:
            found[value] = str(where)
    return Target(becomes, found)


def on_scale(question: Question) -> dict[str, str]:
    """Return option -> rating: 1 to 5 as they are; else in their order, spread evenly over 1 to 5.

    Of more than five options neighbours share a rating, halves going up.
    """
    options = list(question.options)
    if question.kind is Kind.RATING:
        numbers = sorted(int(value) for value in options)
        options = [str(number) for number in numbers]
        if numbers[0] >= LOWEST and numbers[-1] <= HIGHEST:
            return {value: value for value in options}
    if len(options) == 1:
        return {options[0]: str(HIGHEST)}
    steps = len(options) - 1
    span = HIGHEST - LOWEST
    return {value: str(LOWEST + (2 * place * span + steps) // (2 * steps)) for place, value in enumerate(options)}
