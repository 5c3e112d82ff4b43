"""Judges whose scores come with stories from another tool: one for each agent that suggested something there."""

from django.db import transaction

from curation.accounts.actors import Actor
from curation.core.errors import Conflict
from curation.scoring.actions.judges import name_judge
from curation.scoring.actions.versions import new_version
from curation.scoring.models import Judge, JudgeVersion
from curation.scoring.models.judge import JudgeKind
from curation.scoring.permissions import check_can_run_judges
from curation.standards.models import Rubric


def imported_judge(*, actor: Actor, agent: str, rubric: Rubric, tool: str) -> JudgeVersion:
    """Return the version under `rubric` of the judge that stands for `agent` of `tool`; both are made where missing.

    It is named after its agent, and after the tool too where another judge has that name. Call it in a transaction.
    Raises `InvalidInput` for a name without letters and digits.
    """
    check_can_run_judges(actor=actor)
    name = " ".join(agent.split())[: 118 - len(tool)].strip()
    judge = _found(name) or _found(f"{name} ({tool})") or _made(actor, name, tool)
    judge = Judge.objects.select_for_update().get(pk=judge.pk)
    there = judge.versions.filter(rubric=rubric, active=True).first()
    return there or new_version(judge, rubric, actor=actor, model=agent[:120])


def _found(name: str) -> Judge | None:
    return Judge.objects.filter(kind=JudgeKind.IMPORTED, name__iexact=name).first()


def _made(actor: Actor, name: str, tool: str) -> Judge:
    try:
        with transaction.atomic():
            return name_judge(actor=actor, name=name, kind=JudgeKind.IMPORTED)
    except Conflict:
        return name_judge(actor=actor, name=f"{name} ({tool})", kind=JudgeKind.IMPORTED)
