"""The standards: what a story is judged against, for everyone to read and for curators to import."""

from typing import cast

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.accounts.models import User
from curation.core.errors import ExemplaError
from curation.standards.actions import import_file
from curation.standards.export import export
from curation.standards.forms import ImportForm
from curation.standards.models import Constitution
from curation.standards.permissions import check_can_edit_standards
from curation.standards.queries import load_standard, rubrics_in_full
from curation.standards.schema import kind_of
from curation.standards.spec import constitution_for_reader, spec_for_reader


@require_GET
def standards(request: HttpRequest) -> HttpResponse:
    """Show the constitutions, rubrics and policies."""
    found = Constitution.objects.order_by("-id").prefetch_related("principles")
    constitutions = [(constitution, constitution_for_reader(constitution)) for constitution in found]
    rubrics = [(rubric, spec_for_reader(rubric)) for rubric in rubrics_in_full()]
    return render(request, "standards/standards.html", {"constitutions": constitutions, "rubrics": rubrics})


@require_http_methods(["GET", "POST"])
def standards_import(request: HttpRequest) -> HttpResponse:
    """Import a constitution, rubric or policy from a file; problems of the file are shown at the form."""
    actor = cast(User, request.user)
    check_can_edit_standards(actor=actor)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            stored = import_file(
                actor=actor, kind=kind_of(content), content=content, rubric=form.cleaned_data["rubric"]
            )
        except ExemplaError as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, _("%(name)s is imported.") % {"name": stored})
            return redirect("standards")
    status = 422 if form.errors else 200
    return render(request, "standards/import.html", {"form": form}, status=status)


@require_GET
def standards_file(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Download a standard as the YAML that imports it."""
    standard = load_standard(kind, pk)
    content = yaml.safe_dump(export(standard), allow_unicode=True, sort_keys=False, width=100)
    name = f"{kind}-{standard.version}.yaml"
    return HttpResponse(
        content,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
