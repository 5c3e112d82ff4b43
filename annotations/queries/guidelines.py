"""The guidelines: what a rubric asks, beside the worked examples and the words on when to raise a flag."""

from dataclasses import dataclass
from typing import Any

from annotations import material
from curation.standards.spec import CriterionSpec, FlagSpec, RubricSpec


@dataclass(frozen=True)
class Guide:
    """A criterion with its worked examples: each has `passage`, `value`, `label` and `why`."""

    criterion: CriterionSpec
    heading: str
    hint: str
    examples: list[dict[str, Any]]


@dataclass(frozen=True)
class FlagGuide:
    """A flag, with when to raise it and when to leave it."""

    flag: FlagSpec
    when: str
    when_not: str


def guides(spec: RubricSpec) -> list[Guide]:
    """Return the criteria in order, the first of each group with the group's name as `heading`."""
    written, found, group = material.read("guidelines", "criteria"), [], ""
    for criterion in spec.criteria:
        heading = criterion.group_name if criterion.group != group else ""
        group, own = criterion.group, written.get(criterion.key, {})
        steps = {step.value: step for step in criterion.steps}
        examples = [
            {**one, "label": step.label, "lang": step.lang["label"]}
            for one in own.get("examples", [])
            for step in [steps[str(one["value"])]]
        ]
        found.append(Guide(criterion, heading, own.get("hint", ""), examples))
    return found


def flag_guides(spec: RubricSpec) -> list[FlagGuide]:
    """Return the flags in order."""
    written = material.read("guidelines", "flags")
    return [
        FlagGuide(flag, written.get(flag.key, {}).get("raise", ""), written.get(flag.key, {}).get("leave", ""))
        for flag in spec.flags
    ]
