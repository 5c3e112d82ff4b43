"""A rubric as one value: all that rules, checks and pages read of it. A frozen rubric is read once per process.

And a constitution likewise, for the pages that show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import get_language

from curation.standards.models import Constitution, Rubric
from curation.standards.models.rubric import CriterionGroup, Severity
from curation.standards.translating import Translator, spoken


@dataclass(frozen=True)
class ScaleValue:
    """One value of a criterion, from 1 to 5, with its label and its anchor sentence.

    Here and below, `lang` says of each field with words in which language they are.
    """

    value: str
    label: str
    anchor: str
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)


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
    theme_name: str = ""
    steps: tuple[ScaleValue, ...] = ()
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def group_name(self) -> str:
        """What its group is called, in the language of whoever looks."""
        return str(CriterionGroup(self.group).label)


@dataclass(frozen=True)
class ThemeSpec:
    """A theme that can be marked."""

    key: str
    name: str
    description: str
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)


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
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def severity_name(self) -> str:
        """What its severity is called, in the language of whoever looks."""
        return str(Severity(self.severity).label)

    @property
    def hard(self) -> bool:
        """Whether it rejects a story once it is confirmed."""
        return self.severity == Severity.HARD


@dataclass(frozen=True)
class RubricSpec:
    """A rubric in full, each part in the rubric's order.

    `fallback` is the language of what nobody has translated, empty where nothing is missing; `some` says that some
    of the rubric is translated and some is not.
    """

    criteria: tuple[CriterionSpec, ...]
    themes: tuple[ThemeSpec, ...]
    flags: tuple[FlagSpec, ...]
    summary: str = ""
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)
    fallback: str = ""
    some: bool = False


def spec_of(rubric: Rubric, language: str = "") -> RubricSpec:
    """Return all of a rubric, in three statements; a frozen one is read once per process and language.

    Its words are in `language` where the rubric has them, else in its own language, and in its own throughout
    without `language`: what is stored or leaves the house is.
    """
    language = spoken(rubric, language)
    return _frozen_spec(rubric, language) if rubric.frozen_at else _read_spec(rubric, language)


def spec_for_reader(rubric: Rubric) -> RubricSpec:
    """Return all of a rubric in the language of whoever looks."""
    return spec_of(rubric, get_language() or "")


@lru_cache(maxsize=64)
def _frozen_spec(rubric: Rubric, language: str) -> RubricSpec:
    return _read_spec(rubric, language)


def _read_spec(rubric: Rubric, language: str) -> RubricSpec:
    translator = Translator(rubric, language)
    themes = {
        theme.pk: ThemeSpec(
            theme.key, **translator.fields("themes", theme.key, name=theme.name, description=theme.description)
        )
        for theme in rubric.themes.all()
    }
    criteria = []
    for criterion in rubric.criteria.all():
        own = {name: getattr(criterion, name) for name in ("name", "short", "question", "labels", "anchors")}
        words = translator.fields("criteria", criterion.key, **own)
        lang = words["lang"]
        pairs = enumerate(zip(words.pop("labels"), words.pop("anchors"), strict=True), start=1)
        of_steps = {"label": lang["labels"], "anchor": lang["anchors"]}
        theme = themes[criterion.theme_id] if criterion.theme_id else None
        criteria.append(
            CriterionSpec(
                id=criterion.pk,
                key=criterion.key,
                group=criterion.group,
                theme=theme.key if theme else "",
                theme_name=theme.name if theme else "",
                na_allowed=criterion.na_allowed,
                steps=tuple(ScaleValue(str(value), label, anchor, of_steps) for value, (label, anchor) in pairs),
                **words,
            )
        )
    flags = tuple(
        FlagSpec(
            id=flag.pk,
            key=flag.key,
            severity=flag.severity,
            safety=flag.safety,
            asks_passage=flag.asks_passage,
            asks_conduct=flag.asks_conduct,
            **translator.fields("flags", flag.key, name=flag.name, description=flag.description),
        )
        for flag in rubric.flags.all()
    )
    head = translator.fields("", "", summary=rubric.summary)
    return RubricSpec(
        tuple(criteria),
        tuple(themes.values()),
        flags,
        fallback=translator.fallback,
        some=translator.there > 0,
        **head,
    )


@dataclass(frozen=True)
class PrincipleSpec:
    """A principle; `lang` as in `ScaleValue`."""

    key: str
    name: str
    statement: str
    looks_like: str
    fails_when: str
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ConstitutionSpec:
    """A constitution in full; `fallback` and `some` as in `RubricSpec`."""

    principles: tuple[PrincipleSpec, ...]
    summary: str = ""
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)
    fallback: str = ""
    some: bool = False


def constitution_of(constitution: Constitution, language: str = "") -> ConstitutionSpec:
    """Return all of a constitution; one statement unless its principles are loaded. `language` as in `spec_of`."""
    translator = Translator(constitution, spoken(constitution, language))
    principles = []
    for part in constitution.principles.all():
        own = {name: getattr(part, name) for name in ("name", "statement", "looks_like", "fails_when")}
        principles.append(PrincipleSpec(part.key, **translator.fields("principles", part.key, **own)))
    head = translator.fields("", "", summary=constitution.summary)
    return ConstitutionSpec(tuple(principles), fallback=translator.fallback, some=translator.there > 0, **head)


def constitution_for_reader(constitution: Constitution) -> ConstitutionSpec:
    """Return all of a constitution in the language of whoever looks."""
    return constitution_of(constitution, get_language() or "")
