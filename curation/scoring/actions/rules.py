"""Import rules: a person says once that every import from a source is to be scored by a judge, and for how much."""

import logging

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.actions import record
from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotFound
from curation.scoring.actions.runs import estimate_run, start_run
from curation.scoring.models import ImportRule, Judge, JudgeVersion, ScoreRun
from curation.scoring.models.judge import JudgeKind
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.queries import rubric_in_use
from curation.scoring.telling import ABOVE
from curation.stories.models import ImportRun, Source, Stage, Story
from curation.stories.models.imports import ImportState
from curation.stories.stages import State

log = logging.getLogger(__name__)
NOT_TO_SCORE = [State.STORED, State.BLOCKED, State.PURGED]


def set_import_rule(
    *, actor: User, judge: Judge, source: Source | None, limit_micro_usd: int, in_batches: bool = False
) -> ImportRule:
    """Have every later import from `source` (None for any) scored by `judge`, each for `limit_micro_usd` at most.

    `in_batches` has it answered within a day, for less, where the provider takes batches then.
    Raises `InvalidInput` without a budget or for the embedded scorer, `Conflict` where there is such a rule.
    """
    check_can_run_judges(actor=actor)
    if judge.kind != JudgeKind.LLM:
        raise InvalidInput(_("The embedded scorer scores every story by itself, and costs nothing."))
    if limit_micro_usd <= 0:
        raise InvalidInput(_("Say how much each import may cost."))
    try:
        with transaction.atomic():
            rule = ImportRule.objects.create(
                judge=judge,
                source=source,
                limit_micro_usd=limit_micro_usd,
                in_batches=in_batches,
                created_by=actor,
            )
            named = source.name if source else ""
            more = {"in_batches": True} if in_batches else {}
            record(
                actor=actor, verb="import_rule.set", target=rule, source=named, limit_micro_usd=limit_micro_usd, **more
            )
    except IntegrityError as error:
        raise Conflict(_("There is such a rule already. End it first.")) from error
    return rule


def end_import_rule(*, actor: User, rule: ImportRule) -> None:
    """Start no more runs by this rule. Those that it started go on."""
    check_can_run_judges(actor=actor)
    with transaction.atomic():
        if not ImportRule.objects.filter(pk=rule.pk, ended_at=None).update(ended_at=Now()):
            raise Conflict(_("Somebody has seen to this already. Reload the page to see how it is now."))
        record(actor=actor, verb="import_rule.ended", target=rule)


def rules_in_force() -> QuerySet[ImportRule]:
    """The rules that start runs: not ended, and set by somebody who may still start one."""
    may = Q(created_by__is_active=True, created_by__role__in=[Role.CURATOR, Role.ADMIN])
    return ImportRule.objects.filter(may, ended_at=None).select_related("judge", "source", "created_by")


def follow_rules() -> int:
    """Start the runs that rules ask for, once an import's stories have passed their checks; returns how many.

    Where the estimate is above what the rule allows, the run waits for a person to start it.
    """
    return sum(_follow(rule, one) for rule in rules_in_force().order_by("pk") for one in _imports(rule))


def _imports(rule: ImportRule) -> QuerySet[ImportRun]:
    waits = Stage.objects.filter(story__import_run=OuterRef("pk"), state=State.STORED)
    ready = Stage.objects.filter(story__import_run=OuterRef("pk")).exclude(state__in=NOT_TO_SCORE)
    seen = ScoreRun.objects.filter(rule=rule, import_run=OuterRef("pk"))
    found = ImportRun.objects.filter(state=ImportState.DONE, created_at__gt=rule.created_at)
    if rule.source_id is not None:
        found = found.filter(source=rule.source_id)
    return found.filter(~Exists(seen), ~Exists(waits), Exists(ready)).order_by("pk")


def _follow(rule: ImportRule, import_run: ImportRun) -> int:
    try:
        version = JudgeVersion.objects.filter(judge=rule.judge, rubric=rubric_in_use(), active=True).first()
    except NotFound:
        return 0
    if version is None:
        return 0
    stories = Story.objects.filter(import_run=import_run).exclude(stage__state__in=NOT_TO_SCORE)
    try:
        with transaction.atomic():
            run = estimate_run(
                actor=SYSTEM, version=version, stories=stories, chosen={"run": import_run.pk}, rule=rule,
                import_run=import_run,
            )  # fmt: skip
            in_batches = rule.in_batches and run.batch_micro_usd is not None
            cost = run.batch_micro_usd if in_batches else run.estimated_micro_usd
            if cost is None or cost > rule.limit_micro_usd:
                ScoreRun.objects.filter(pk=run.pk).update(note=ABOVE)
                return 0
            start_run(
                actor=SYSTEM, run=run, stories=stories, limit_micro_usd=rule.limit_micro_usd, in_batches=in_batches
            )
    except ExemplaError as error:
        log.info("rule %s does not score import %s: %s", rule.pk, import_run.pk, error)
        return 0
    return 1
