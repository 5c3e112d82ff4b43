"""Having a judge score the stories that fit what somebody chose: first the estimate, then the start."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.models import User
from curation.core.errors import Conflict
from curation.core.jobs import nudge
from curation.scoring.actions import ask_to_start, estimate_run, make_jobs
from curation.scoring.actions.rules import NOT_TO_SCORE
from curation.scoring.models import JudgeVersion, ScoreRun
from curation.scoring.models.run import RunState
from curation.stories.models import Story
from curation.triage.filters import StoryFilter, matching_stories

TASK = "triage.start_runs"


def propose_run(*, actor: Actor, version: JudgeVersion, chosen: StoryFilter, at_most: int | None = None) -> ScoreRun:
    """Estimate what it takes to have `version` score the stories that fit, or `at_most` of them by chance.

    Nothing is paid. Raises as `scoring.actions.estimate_run` does.
    """
    kept = {"filter": chosen.as_data(), "at_most": at_most}
    return estimate_run(actor=actor, version=version, stories=_matching(kept, actor), chosen=kept)


def begin_run(*, actor: Actor, run: ScoreRun, limit_micro_usd: int, in_batches: bool = False) -> ScoreRun:
    """Have a worker start an estimated run with a budget, over the stories that fit then.

    Raises as `scoring.actions.ask_to_start` does, and `Conflict` where it is not known which stories were chosen.
    """
    with transaction.atomic():
        _matching(run.chosen, actor)
        asked = ask_to_start(actor=actor, run=run, limit_micro_usd=limit_micro_usd, in_batches=in_batches)
        nudge(TASK)
    return asked


def start_due_runs() -> int:
    """Start every run that somebody asked to be started, and return how many now ask their model."""
    due = ScoreRun.objects.filter(state=RunState.STARTING).select_related("started_by").order_by("pk")
    return sum(make_jobs(run=run, stories=_matching(run.chosen, run.started_by or SYSTEM)) for run in due)


def _matching(kept: dict[str, Any], actor: Actor) -> QuerySet[Story]:
    reader = actor if isinstance(actor, User) else None
    if "filter" not in kept:
        if "run" not in kept:
            raise Conflict(_("It is not known what stories this run was made for. Make another one."))
        # By an import rule.
        return matching_stories(StoryFilter(run=kept["run"]), reader=reader).exclude(stage__state__in=NOT_TO_SCORE)
    found = matching_stories(StoryFilter.from_data(kept["filter"]), reader=reader)
    if not kept["at_most"]:
        return found
    # In the order of their fingerprints, which is as good as chance and the same when the run is started.
    some = found.order_by("normal_sha256").values("pk")[: kept["at_most"]]
    return Story.objects.filter(pk__in=some)
