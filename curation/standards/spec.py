"""A rubric as one value: all that rules, checks and pages read of it. A frozen rubric is read once per process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from curation.standards.models import Criterion, Flag, Rubric, Theme
from curation.standards.models.rubric import Group, Severity

KINDS = {Criterion: "criteria", Flag: "flags", Theme: "themes"}


@dataclass(frozen=True)
class Step:
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
    steps: tuple[Step, ...] = ()
    lang: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def group_name(self) -> str:
        """What its group is called, in the language of whoever looks."""
        return str(Group(self.group).label)


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
    language = _spoken(rubric, language)
    return _frozen_spec(rubric, language) if rubric.frozen_at else _read_spec(rubric, language)


def spec_for_reader(rubric: Rubric) -> RubricSpec:
    """Return all of a rubric in the language of whoever looks."""
    return spec_of(rubric, get_language() or "")


def words_for_reader(rubric: Rubric, part: Criterion | Flag | Theme, field: str) -> Any:
    """Return a field of a part of this rubric in the language of whoever looks, without a statement."""
    language = _spoken(rubric, get_language() or "")
    own = getattr(part, field)
    words = _words(rubric, language)[1] if language else {}
    return words.get(KINDS[type(part)], {}).get(part.key, {}).get(field, own)


def _words(rubric: Rubric, language: str) -> tuple[str, dict[str, Any]]:
    """Return what a rubric has in a language, and what it calls that language; nothing where nobody translated it."""
    names = {name.casefold(): name for name in rubric.translations} if language else {}
    found = next((names[code] for code in (language, language.split("-")[0]) if code in names), "")
    return found, rubric.translations[found] if found else {}


def _spoken(rubric: Rubric, language: str) -> str:
    """Return what `translations` calls this language; empty for the rubric's own."""
    for code in (language.casefold(), language.casefold().split("-")[0]):
        if code in {"", rubric.language.casefold()}:
            return ""
    return language.casefold()


@lru_cache(maxsize=64)
def _frozen_spec(rubric: Rubric, language: str) -> RubricSpec:
    return _read_spec(rubric, language)


class _Translator:
    """Puts fields into one language, and counts what is there and what is missing."""

    def __init__(self, rubric: Rubric, language: str) -> None:
        self.language, self.words = _words(rubric, language)
        self.own, self.asked = rubric.language, bool(language)
        self.there = self.missing = 0

    def fields(self, kind: str, key: str, **own: Any) -> dict[str, Any]:
        """Return each of a part's own fields in the language, with `lang`. A field that is empty needs no words."""
        words = self.words.get(kind, {}).get(key, {}) if kind else self.words
        self.there += sum(1 for name in own if name in words)
        self.missing += sum(1 for name, value in own.items() if value and name not in words)
        lang = {name: self.language if name in words else self.own for name in own}
        return {**own, **{name: words[name] for name in own if name in words}, "lang": lang}


def _read_spec(rubric: Rubric, language: str) -> RubricSpec:
    translator = _Translator(rubric, language)
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
                steps=tuple(Step(str(value), label, anchor, of_steps) for value, (label, anchor) in pairs),
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
    fallback = rubric.language if translator.asked and translator.missing else ""
    return RubricSpec(
        tuple(criteria), tuple(themes.values()), flags, fallback=fallback, some=translator.there > 0, **head
    )
