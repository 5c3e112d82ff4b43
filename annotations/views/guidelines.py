"""The guidelines: the rubric with its anchors, worked examples, and when to raise a flag."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations import material
from curation.core.plain_text import whole_number
from curation.standards.models import Rubric
from curation.standards.queries import current_rubric
from curation.standards.spec import CriterionSpec, FlagSpec, RubricSpec, spec_for_reader


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


@require_GET
def guidelines(request: HttpRequest) -> HttpResponse:
    """The guidelines of the rubric in force, or of `?rubric=ID`; with `?part=1` the fragment that the room shows."""
    asked = request.GET.get("rubric", "")
    rubric = Rubric.objects.filter(pk=whole_number(asked) or 0).first()
    rubric = rubric or current_rubric()
    spec = spec_for_reader(rubric)
    context = {
        "rubric": rubric,
        "spec": spec,
        "guides": guides(spec),
        "flags": flag_guides(spec),
        "themes": spec.themes,
        "written_in": material.language_of("guidelines", "criteria"),
    }
    part = "part" in request.GET
    return render(request, f"annotations/guidelines/{'_body' if part else 'page'}.html", context)


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
