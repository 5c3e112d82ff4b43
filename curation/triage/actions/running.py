"""Having a judge score the stories that fit what somebody chose: first the estimate, then the start."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.core.errors import Conflict
from curation.scoring.actions import estimate_run, start_run
from curation.scoring.actions.rules import NOT_TO_SCORE
from curation.scoring.models import JudgeVersion, ScoreRun
from curation.stories.models import Story
from curation.triage.filters import StoryFilter, fitting_stories


def propose_run(*, actor: Actor, version: JudgeVersion, chosen: StoryFilter, at_most: int | None = None) -> ScoreRun:
    """Estimate what it takes to have `version` score the stories that fit, or `at_most` of them by chance.

    Nothing is paid. Raises as `scoring.actions.estimate_run` does.
    """
    kept = {"filter": chosen.as_data(), "at_most": at_most}
    return estimate_run(actor=actor, version=version, stories=_fitting(kept, actor), chosen=kept)


def begin_run(*, actor: Actor, run: ScoreRun, limit_micro_usd: int, in_batches: bool = False) -> ScoreRun:
    """Start an estimated run with a budget, over the stories that fit now. Raises as `start_run` of scoring does."""
    stories = _fitting(run.chosen, actor)
    return start_run(actor=actor, run=run, stories=stories, limit_micro_usd=limit_micro_usd, in_batches=in_batches)


def _fitting(kept: dict[str, Any], actor: Actor) -> QuerySet[Story]:
    reader = actor if isinstance(actor, User) else None
    if "filter" not in kept:
        if "run" not in kept:
            raise Conflict(_("It is not known what stories this run was made for. Make another one."))
        # By an import rule.
        return fitting_stories(StoryFilter(run=kept["run"]), reader=reader).exclude(stage__state__in=NOT_TO_SCORE)
    fitting = fitting_stories(StoryFilter.from_data(kept["filter"]), reader=reader)
    if not kept["at_most"]:
        return fitting
    # In the order of their fingerprints, which is as good as chance and the same when the run is started.
    some = fitting.order_by("normal_sha256").values("pk")[: kept["at_most"]]
    return Story.objects.filter(pk__in=some)
