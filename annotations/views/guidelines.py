"""The guidelines: the rubric with its anchors, worked examples, and when to raise a flag."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations import material
from annotations.queries.guidelines import flag_guides, guides
from curation.core.plain_text import whole_number
from curation.standards.models import Rubric
from curation.standards.queries import current_rubric
from curation.standards.spec import spec_for_reader


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
