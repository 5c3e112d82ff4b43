"""Problems with rows: to report one, to follow it, to answer."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation.accounts.attempts import address
from curation.accounts.models import User
from curation.core.errors import ExemplaError, NotFound
from curation.releases.models import Dataset, Release
from curation.releases.queries.find import load_dataset
from curation.releases.views.opening import open_to_strangers
from curation.research.actions import answer_report, finish_report, report_row
from curation.research.forms import ReportForm
from curation.research.models import RowReport
from curation.research.permissions import can_answer, can_finish_report, check_can_answer, check_can_see_what_waits
from curation.research.queries.outcomes import outcomes_to_decide
from curation.research.queries.reports import kept_back, load_report, reports_for, reports_to_answer
from curation.research.rows.reading import story_at
from curation.research.views.gate import for_readers
from curation.research.views.rows import counted

MOST_SHOWN = 200


@require_http_methods(["GET", "POST"])
@for_readers
def report_new(request: HttpRequest, release: Release, split: str, row: int) -> HttpResponseBase:
    """Report a problem with a story; who is not signed in follows the report by its address."""
    counted(release)
    story = story_at(release, split, row)
    if story is None:
        raise NotFound(_("There is no such row."))
    form, status = ReportForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = report_row(
                    reporter=request.user,
                    address=address(request),
                    release=release,
                    split=split,
                    row=row,
                    story_id=story["id"],
                    **form.cleaned_data,
                )
            except ExemplaError as error:
                form.add_error(None, error.message)
                status = error.status
            else:
                return redirect("report", release.dataset.org, release.dataset.name, made.uuid)
    context = {"release": release, "dataset": release.dataset, "split": split, "row": row, "story": story, "form": form}
    return render(request, "research/report_new.html", context, status=status)


def _found(request: HttpRequest, org: str, name: str, uuid: UUID) -> tuple[Dataset, RowReport]:
    dataset = load_dataset(request.user, org, name)
    answers = bool(can_answer(actor=request.user, dataset=dataset))
    return dataset, load_report(request.user, dataset, uuid, answers=answers)


@require_safe
@open_to_strangers
def report(request: HttpRequest, org: str, name: str, uuid: UUID) -> HttpResponse:
    """Show a report and its answer: to who sent it, to who answers, and a stranger's to who has its address."""
    dataset, found = _found(request, org, name, uuid)
    context = {
        "dataset": dataset,
        "report": found,
        "may_answer": can_answer(actor=request.user, dataset=dataset),
        "may_finish": found.seen_at is None and can_finish_report(actor=request.user, report=found),
    }
    return render(request, "research/report.html", context)


@require_POST
def report_answer(request: HttpRequest, org: str, name: str, uuid: UUID) -> HttpResponse:
    """Answer a report."""
    _dataset, found = _found(request, org, name, uuid)
    answer_report(actor=cast(User, request.user), report=found, answer=request.POST.get("answer", ""))
    messages.success(request, _("Answered. Whoever reported it is told."))
    return redirect("report", org, name, uuid)


@require_POST
def report_finish(request: HttpRequest, org: str, name: str, uuid: UUID) -> HttpResponse:
    """Put an answer away that was read."""
    _dataset, found = _found(request, org, name, uuid)
    finish_report(actor=cast(User, request.user), report=found)
    return redirect("report", org, name, uuid)


@require_safe
def report_list(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """List the reports on a dataset, for those who answer them."""
    user = cast(User, request.user)
    dataset = load_dataset(user, org, name)
    check_can_answer(actor=user, dataset=dataset)
    context = {
        "dataset": dataset,
        "reports": reports_for(user, dataset, answers=True)[:MOST_SHOWN],
        "kept_back": kept_back(user, dataset),
        "newest": dataset.releases.current().first(),
    }
    return render(request, "research/report_list.html", context)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """List what readers sent and curators have not answered: reports and outcomes, of all datasets."""
    user = cast(User, request.user)
    check_can_see_what_waits(actor=user)
    context = {"reports": reports_to_answer(user)[:MOST_SHOWN], "outcomes": outcomes_to_decide(user)[:MOST_SHOWN]}
    return render(request, "research/waiting.html", context)
