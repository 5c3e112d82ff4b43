"""Runs of judges: choose the stories, see the estimate, set a budget, start, watch. For curators and admins."""

from collections.abc import Callable
from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput
from curation.llm.queries import usage_within
from curation.pages.judge_forms import MICRO, BudgetForm, StartForm
from curation.pages.run_words import chosen_words
from curation.scoring.actions import cancel_run, pause_run, rerun_failed, resume_run
from curation.scoring.models import ScoreRun
from curation.scoring.models.run import PausedBy, RunState
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.queries import failed_in, likely_micro_usd, load_run, run_progress, runs, versions_at_work
from curation.triage.actions import begin_run, propose_run
from curation.triage.forms import OF_RUNS, RunForm

# What is suggested as a budget, in hundredths of the estimate, and of what the answers so far say.
ROOM, LITTLE_ROOM = 125, 110
CENT = MICRO // 100
SHOWN = 100


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the latest runs."""
    _curator(request)
    return render(request, "scoring/runs.html", {"runs": list(runs()[:SHOWN])})


@require_http_methods(["GET", "POST"])
def run_new(request: HttpRequest) -> HttpResponse:
    """Choose a judge and stories; the answer is the run with its estimate, which nobody has started yet."""
    actor = _curator(request)
    form = RunForm(request.POST or None, initial=_asked_for(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = propose_run(
                actor=actor, version=data["version"], chosen=form.chosen(OF_RUNS), at_most=data["at_most"]
            )
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            return redirect("run", pk=run.pk)
    context = {"form": form, "judges": versions_at_work().exists()}
    return render(request, "scoring/run_new.html", context, status=422 if form.errors else 200)


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a run, or its moving part when the page asks again by itself."""
    _curator(request)
    run = load_run(pk)
    progress = run_progress(run)
    likely = likely_micro_usd(run, progress)
    context = {
        "run": run,
        "version": run.judge_version,
        "progress": progress,
        "likely": likely,
        "failed": failed_in(run) if progress.failed else [],
        "chosen": chosen_words(run),
        "form": _form(run, likely),
    }
    partial = getattr(request, "htmx", False)
    if not partial and run.budget is not None:
        context["took"] = usage_within(run.budget)
    return render(request, "scoring/_run_state.html" if partial else "scoring/run.html", context)


@require_POST
def run_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a run, pause it, let it go on, end it, or ask again for what failed."""
    actor, run = _curator(request), load_run(pk)
    move = MOVES.get(request.POST.get("move", ""))
    if move is None:
        raise InvalidInput(_("Choose what is to become of the run."))
    messages.success(request, move(actor, run, request))
    return redirect("run", pk=run.pk)


def _start(actor: User, run: ScoreRun, request: HttpRequest) -> str:
    in_batches = request.POST.get("pace") == "batches"
    begin_run(actor=actor, run=run, limit_micro_usd=_limit(request), in_batches=in_batches)
    return _("The run is being started. You can leave this page; it goes on.")


def _pause(actor: User, run: ScoreRun, _request: HttpRequest) -> str:
    pause_run(actor=actor, run=run)
    return _("The run is paused. What is on its way is still stored.")


def _resume(actor: User, run: ScoreRun, request: HttpRequest) -> str:
    resume_run(actor=actor, run=run, limit_micro_usd=_limit(request))
    return _("The run goes on.")


def _cancel(actor: User, run: ScoreRun, _request: HttpRequest) -> str:
    cancel_run(actor=actor, run=run)
    return _("The run has ended. Its scores stay.")


def _retry(actor: User, run: ScoreRun, _request: HttpRequest) -> str:
    count = rerun_failed(actor=actor, run=run)
    return ngettext("%(n)d answer is asked for again.", "%(n)d answers are asked for again.", count) % {"n": count}


MOVES: dict[str, Callable[[User, ScoreRun, HttpRequest], str]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "retry": _retry,
}


def _form(run: ScoreRun, likely: int | None) -> BudgetForm:
    is_choice = run.state == RunState.ESTIMATED and run.batch_micro_usd is not None
    return (StartForm if is_choice else BudgetForm)(initial={"limit": suggested(run, likely)})


def _limit(request: HttpRequest) -> int:
    form = BudgetForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Say in dollars how much the run may cost, as in 12.50."))
    return int(form.cleaned_data["limit"])


def suggested(run: ScoreRun, likely: int | None) -> Decimal | None:
    """Return a budget in dollars, where there is one to suggest: the one there is, or what all is expected to cost.

    That is what the run is `likely` to cost if it is under way, and else the estimate, with some room. The room holds
    at least one answer at its longest, or the last of them would not be asked for.
    """
    has = run.budget.limit_micro_usd if run.budget else 0
    is_short = run.paused_by == PausedBy.BUDGET or run.state == RunState.ESTIMATED
    expected = run.estimated_micro_usd * ROOM // 100 if run.estimated_micro_usd is not None else None
    if likely is not None:
        expected = likely * LITTLE_ROOM // 100
    if is_short and expected is not None:
        wanted = expected + (run.answer_at_most_micro_usd or 0)
        has = max(has, -(-wanted // CENT) * CENT)
    elif run.budget is None:
        return None
    amount = Decimal(has) / MICRO
    return amount if has % CENT else amount.quantize(Decimal("0.01"))


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """Return what the page before has chosen: a version, an import, or stories one by one."""
    given = {"version": request.GET.getlist("version"), "run": request.GET.getlist("run")[:1]}
    chosen = given | {"stories": request.GET.getlist("story")}
    return {
        name: ",".join(ids)
        for name, ids in chosen.items()
        if ids and all(one.isascii() and one.isdigit() and len(one) < 19 for one in ids)
    }


def _curator(request: HttpRequest) -> User:
    actor = cast(User, request.user)
    check_can_run_judges(actor=actor)
    return actor
