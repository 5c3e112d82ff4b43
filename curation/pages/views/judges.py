"""Judges: which there are, what each does, and the forms by which one is set up. For curators and admins."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation.accounts.models import User
from curation.calibration.queries import trust_in_each
from curation.calibration.queries.combination import combined_judges
from curation.core.errors import ExemplaError, InvalidInput, NotFound
from curation.llm.permissions import can_keep_providers
from curation.pages.judge_forms import CombineForm, JudgeForm, RuleForm, VersionForm
from curation.scoring.actions import (
    add_version,
    create_ensemble,
    create_judge,
    end_import_rule,
    retire_judge,
    set_import_rule,
)
from curation.scoring.models import Judge
from curation.scoring.models.judge import JudgeKind
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.queries import answers_read, load_judge, prompt_of, rules_of, runs, versions

RUNS_SHOWN = 10


@require_safe
def judge_list(request: HttpRequest) -> HttpResponse:
    """Show every judge with the version that is at work, and the runs that go on or were the last."""
    _curator(request)
    at_work = list(versions().filter(active=True))
    resting = Judge.objects.exclude(pk__in=[version.judge_id for version in at_work]).order_by("name")
    context = {"at_work": at_work, "resting": list(resting), "runs": list(runs()[:RUNS_SHOWN])}
    return render(request, "scoring/judges.html", context)


@require_safe
def judge_detail(request: HttpRequest, key: str) -> HttpResponse:
    """Show what a judge does, word for word, its runs and its rules."""
    _curator(request)
    judge = load_judge(key)
    all_versions = list(versions().filter(judge=judge).select_related("constitution"))
    shown = next((one for one in all_versions if one.active), all_versions[0] if all_versions else None)
    context = {
        "judge": judge,
        "paid": judge.kind == JudgeKind.LLM,
        "embedded": judge.kind == JudgeKind.EMBEDDED,
        "combined": combined_judges(shown) if shown and judge.kind == JudgeKind.ENSEMBLE else None,
        "version": shown,
        "earlier": [one for one in all_versions if one != shown],
        "prompt": prompt_of(shown) if shown else None,
        "trust": trust_in_each([shown])[shown.pk] if shown else None,
        "answers": answers_read(shown) if shown and shown.paid else None,
        "runs": list(runs().filter(judge_version__judge=judge)[:RUNS_SHOWN]),
        "rules": rules_of(judge),
        "rule_form": RuleForm(),
    }
    return render(request, "scoring/judge.html", context)


@require_http_methods(["GET", "POST"])
def judge_new(request: HttpRequest) -> HttpResponse:
    """Make a judge."""
    actor = _curator(request)
    form = JudgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = create_judge(actor=actor, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The judge is there. It asks nothing before somebody starts a run."))
            return redirect("judge", key=version.judge.key)
    providers = form.fields["provider"].queryset.exists()  # type: ignore[attr-defined]
    context = {"form": form, "providers": providers, "may_add": can_keep_providers(actor=actor)}
    return render(request, "scoring/judge_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def judge_combine(request: HttpRequest) -> HttpResponse:
    """Make a judge of several."""
    actor = _curator(request)
    form = CombineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = create_ensemble(actor=actor, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The judges are combined. Their stories are scored within a minute or so."))
            return redirect("judge", key=version.judge.key)
    return render(request, "scoring/judge_combine.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def judge_version_new(request: HttpRequest, key: str) -> HttpResponse:
    """Give a judge another version."""
    actor = _curator(request)
    judge = load_judge(key)
    before = versions().filter(judge=judge).order_by("-active", "-number").first()
    form = VersionForm(request.POST or None, before=before)
    if request.method == "POST" and form.is_valid():
        try:
            version = add_version(actor=actor, judge=judge, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(version)s is at work from now on.") % {"version": version})
            return redirect("judge", key=judge.key)
    context = {"form": form, "judge": judge}
    return render(request, "scoring/judge_version_new.html", context, status=422 if form.errors else 200)


@require_POST
def judge_retire(request: HttpRequest, key: str) -> HttpResponse:
    """Put a judge to rest."""
    actor, judge = _curator(request), load_judge(key)
    retire_judge(actor=actor, judge=judge)
    messages.success(request, _("The judge is at rest. Its scores stay, and a new version puts it to work again."))
    return redirect("judge", key=judge.key)


@require_POST
def judge_rules(request: HttpRequest, key: str) -> HttpResponse:
    """Set an import rule, or end one."""
    actor, judge = _curator(request), load_judge(key)
    if number := request.POST.get("end"):
        rule = next((one for one in rules_of(judge) if str(one.pk) == number), None)
        if rule is None:
            raise NotFound(_("Somebody has seen to this already. Reload the page to see how it is now."))
        end_import_rule(actor=actor, rule=rule)
        messages.success(request, _("Imports start no more runs by this rule."))
        return redirect("judge", key=judge.key)
    form = RuleForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Choose where the imports come from, and say how much each may cost."))
    data = form.cleaned_data
    set_import_rule(
        actor=actor,
        judge=judge,
        source=data["source"],
        limit_micro_usd=data["limit"],
        in_batches=data["in_batches"],
    )
    messages.success(request, _("Imports from now on are scored by this judge once they have passed their checks."))
    return redirect("judge", key=judge.key)


def _curator(request: HttpRequest) -> User:
    actor = cast(User, request.user)
    check_can_run_judges(actor=actor)
    return actor
