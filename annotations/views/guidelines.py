"""The guidelines: the rubric with its anchors, worked examples, and when to raise a flag."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations import material
from curation.standards.models import Rubric
from curation.standards.models.rubric import Group
from curation.standards.queries import current_rubric
from curation.standards.spec import CriterionSpec, FlagSpec, spec_of


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
    rubric = Rubric.objects.filter(pk=int(asked)).first() if asked.isascii() and asked.isdigit() else None
    rubric = rubric or current_rubric()
    context = {
        "rubric": rubric,
        "guides": guides(rubric),
        "flags": flag_guides(rubric),
        "themes": spec_of(rubric).themes,
    }
    part = "part" in request.GET
    return render(request, f"annotations/guidelines/{'_body' if part else 'page'}.html", context)


def guides(rubric: Rubric) -> list[Guide]:
    """Return the criteria in order, the first of each group with the group's name as `heading`."""
    written, found, group = material.read("guidelines", "criteria"), [], ""
    for criterion in spec_of(rubric).criteria:
        heading = str(Group(criterion.group).label) if criterion.group != group else ""
        group, own = criterion.group, written.get(criterion.key, {})
        labels = {step.value: step.label for step in criterion.steps}
        examples = [{**one, "label": labels[str(one["value"])]} for one in own.get("examples", [])]
        found.append(Guide(criterion, heading, own.get("hint", ""), examples))
    return found


def flag_guides(rubric: Rubric) -> list[FlagGuide]:
    """Return the flags in order."""
    written = material.read("guidelines", "flags")
    return [
        FlagGuide(flag, written.get(flag.key, {}).get("raise", ""), written.get(flag.key, {}).get("leave", ""))
        for flag in spec_of(rubric).flags
    ]
