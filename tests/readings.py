"""Rubrics as values without a database, and answers as a judge that is asked about a story would give them."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from curation.scoring.reading.fencing import code_of
from curation.standards.spec import (
    ConstitutionSpec,
    CriterionSpec,
    FlagSpec,
    PrincipleSpec,
    RubricSpec,
    ScaleValue,
    ThemeSpec,
)

DATA = Path(__file__).resolve().parents[1] / "curation/standards/data"


@cache
def file(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def rubric_in(language: str = "") -> RubricSpec:
    """The default rubric, in its own words or in those of a translation."""
    own = file("rubric")
    words = own["translations"][language] if language else {}
    said = {
        kind: [{**one, **words.get(kind, {}).get(one["key"], {})} for one in own[kind]]
        for kind in ("themes", "criteria", "flags")
    }
    themes = {one["key"]: ThemeSpec(**keep(one, "key", "name", "description")) for one in said["themes"]}
    return RubricSpec(
        criteria=tuple(criterion(number, one, themes) for number, one in enumerate(said["criteria"], 1)),
        themes=tuple(themes.values()),
        flags=tuple(flag(number, one) for number, one in enumerate(said["flags"], 1)),
        summary=words.get("summary", own["summary"]),
    )


def criterion(number: int, one: dict[str, Any], themes: dict[str, ThemeSpec]) -> CriterionSpec:
    steps = enumerate(zip(one["labels"], one["anchors"], strict=True), 1)
    theme = themes.get(one.get("theme", ""))
    return CriterionSpec(
        id=number,
        theme=theme.key if theme else "",
        theme_name=theme.name if theme else "",
        na_allowed=one.get("na_allowed", False),
        steps=tuple(ScaleValue(str(value), str(label), anchor) for value, (label, anchor) in steps),
        **keep(one, "key", "group", "name", "short", "question"),
    )


def flag(number: int, one: dict[str, Any]) -> FlagSpec:
    yes = {name: one.get(name, False) for name in ("safety", "asks_passage", "asks_conduct")}
    return FlagSpec(id=number, **keep(one, "key", "name", "severity", "description"), **yes)


def keep(one: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: one[name] for name in names}


@cache
def constitution() -> ConstitutionSpec:
    """The default constitution, in its own words."""
    own = file("constitution")
    names = ("key", "name", "statement", "looks_like", "fails_when")
    return ConstitutionSpec(tuple(PrincipleSpec(**keep(one, *names)) for one in own["principles"]), own["summary"])


def answer(text: str, rubric: RubricSpec, **changed: Any) -> dict[str, Any]:
    """A sound answer about `text`, as data: every criterion rated by its place, with a quote from the text."""
    quote = next(iter(re.findall(r"\w[^\n]{10,60}\w\b", text)), "")
    return {
        "code": code_of(text),
        "no_ai_character": False,
        "themes": [theme.key for theme in rubric.themes],
        "criteria": [
            {
                "criterion": one.key,
                "quotes": [quote] if quote else [],
                "rationale": "It says so.",
                "value": str(1 + place % 5),
            }
            for place, one in enumerate(rubric.criteria)
        ],
        "behaviours": [],
        "flags": [],
        "honeypot": {"reason": "Nobody is tempted.", "structural": False},
        **changed,
    }


def raw(text: str, rubric: RubricSpec, **changed: Any) -> str:
    """`answer` as the model writes it."""
    return json.dumps(answer(text, rubric, **changed), ensure_ascii=False)


def changed_criterion(data: dict[str, Any], key: str, **changed: Any) -> dict[str, Any]:
    """An answer with one criterion said otherwise."""
    criteria = [one | changed if one["criterion"] == key else one for one in data["criteria"]]
    return data | {"criteria": criteria}
