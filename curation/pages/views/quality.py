"""Can this judge be trusted? What was measured, and the random audit that measures the whole pool. For curators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from curation.calibration.actions import draw_audit
from curation.calibration.queries import quality_of, trust_in
from curation.calibration.queries.quality import anchoring_of, pool_quality_of, probe_of, probe_story_ids
from curation.calibration.statistics.pool import LEAST_AUDITED
from curation.calibration.statistics.second_reviewer import HANDICAP, LEAST_REVIEWERS, LEAST_STORIES
from curation.core.errors import NotFound
from curation.pages.audit_forms import AuditForm
from curation.pages.views.scoring import curator
from curation.scoring.models import JudgeVersion
from curation.scoring.queries import LEAST_LABELS, MANY_LABELS, versions


@require_safe
def judge_quality(request: HttpRequest, pk: int) -> HttpResponse:
    """How good a judge version is: one sentence, and the figures that it rests on."""
    curator(request)
    version = load_version(pk)
    return quality_page(request, version, AuditForm(rubric=version.rubric))


def quality_page(request: HttpRequest, version: JudgeVersion, form: AuditForm, status: int = 200) -> HttpResponse:
    """Render the page, with the form as it was sent if it could not be carried out."""
    quality, probe = quality_of(version), probe_of(version)
    context = {
        "version": version,
        "quality": quality,
        "trust": trust_in(quality, probe.changed_at if probe else None),
        "charts": [(one, one.chart) for one in quality if one.chart],
        "probe": probe if probe and probe.again else None,
        "probe_stories": probe_story_ids(version.rubric),
        "anchoring": anchoring_of(version),
        "pool": pool_quality_of(version),
        "form": form,
        "least": LEAST_LABELS,
        "many": MANY_LABELS,
        "handicap": HANDICAP,
        "least_reviewers": LEAST_REVIEWERS,
        "least_stories": LEAST_STORIES,
        "least_audited": LEAST_AUDITED,
    }
    return render(request, "scoring/quality.html", context, status=status)


@require_POST
def audit_draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw stories at random for the audit of the pool that this version's page tells about."""
    actor = curator(request)
    version = load_version(pk)
    form = AuditForm(request.POST, rubric=version.rubric)
    if not form.is_valid():
        return quality_page(request, version, form, status=422)
    sample = draw_audit(actor=actor, queue=form.cleaned_data["queue"], stories=form.cleaned_data["stories"])
    said = ngettext("%(n)d story was drawn for the audit.", "%(n)d stories were drawn for the audit.", sample.stories)
    messages.success(request, said % {"n": sample.stories})
    return redirect("judge_quality", version.pk)


def load_version(pk: int) -> JudgeVersion:
    """Return a judge version, or raise `NotFound`."""
    version = versions().filter(pk=pk).first()
    if version is None:
        raise NotFound(_("There is no such judge version. The scoring page lists all that there are."))
    return version
