"""A rubric as one value: all that rules, checks and pages read of it. A frozen rubric is read once per process."""

from dataclasses import dataclass
from functools import lru_cache

from curation.standards.models import Rubric
from curation.standards.models.rubric import Severity


@dataclass(frozen=True)
class Step:
    """One value of a criterion, from 1 to 5, with its label and its anchor sentence."""

    value: str
    label: str
    anchor: str


@dataclass(frozen=True)
class CriterionSpec:
    """A criterion with its steps in order. `theme` is the key of the theme it depends on, or empty."""

    id: int
    key: str
    group: str
    name: str
    theme: str
    na_allowed: bool
    short: str = ""
    question: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class ThemeSpec:
    """A theme that can be marked."""

    key: str
    name: str
    description: str


@dataclass(frozen=True)
class FlagSpec:
    """A flag that can be raised."""

    id: int
    key: str
    name: str
    severity: str
    safety: bool
    asks_passage: bool
    asks_conduct: bool
    description: str = ""

    @property
    def hard(self) -> bool:
        """Whether it rejects a story once it is confirmed."""
        return self.severity == Severity.HARD


@dataclass(frozen=True)
class RubricSpec:
    """A rubric in full, each part in the rubric's order."""

    criteria: tuple[CriterionSpec, ...]
    themes: tuple[ThemeSpec, ...]
    flags: tuple[FlagSpec, ...]


def spec_of(rubric: Rubric) -> RubricSpec:
    """Return all of a rubric, in three statements; a frozen one is read once per process."""
    return _frozen_spec(rubric.pk) if rubric.frozen_at else _read_spec(rubric.pk)


@lru_cache(maxsize=64)
def _frozen_spec(rubric_id: int) -> RubricSpec:
    return _read_spec(rubric_id)


def _read_spec(rubric_id: int) -> RubricSpec:
    rubric = Rubric(pk=rubric_id)
    criteria = []
    for criterion in rubric.criteria.select_related("theme"):
        pairs = enumerate(zip(criterion.labels, criterion.anchors, strict=True), start=1)
        criteria.append(
            CriterionSpec(
                id=criterion.pk,
                key=criterion.key,
                group=criterion.group,
                name=criterion.name,
                theme=criterion.theme.key if criterion.theme else "",
                na_allowed=criterion.na_allowed,
                short=criterion.short,
                question=criterion.question,
                steps=tuple(Step(str(value), label, anchor) for value, (label, anchor) in pairs),
            )
        )
    themes = tuple(ThemeSpec(theme.key, theme.name, theme.description) for theme in rubric.themes.all())
    flags = tuple(
        FlagSpec(
            id=flag.pk,
            key=flag.key,
            name=flag.name,
            severity=flag.severity,
            safety=flag.safety,
            asks_passage=flag.asks_passage,
            asks_conduct=flag.asks_conduct,
            description=flag.description,
        )
        for flag in rubric.flags.all()
    )
    return RubricSpec(tuple(criteria), themes, flags)
