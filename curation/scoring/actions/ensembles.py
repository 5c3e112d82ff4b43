"""Ensembles: judges that combine what others said. They ask nobody and cost nothing."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.core.errors import InvalidInput
from curation.scoring.actions.judges import name_judge
from curation.scoring.actions.versions import new_version
from curation.scoring.models import EnsembleMember, Judge, JudgeVersion
from curation.scoring.models.judge import CalibrationStatus, JudgeKind
from curation.scoring.permissions import check_can_run_judges
from curation.standards.models import Rubric

LEAST_MEMBERS, MOST_MEMBERS = 2, 6
# What stands where other judges name their model.
WEIGHTED = "weighted mean"


def create_ensemble(*, actor: Actor, name: str, rubric: Rubric, judges: Sequence[Judge]) -> JudgeVersion:
    """Make a judge that combines `judges`, each by its version at work for `rubric`.

    Until enough stories are rated it is the plain mean of what they say; `calibration` weighs them then. Raises
    `InvalidInput` for judges that cannot be combined, and `Conflict` where a judge has this name.
    """
    check_can_run_judges(actor=actor)
    chosen = list(dict.fromkeys(judges))
    if not LEAST_MEMBERS <= len(chosen) <= MOST_MEMBERS:
        said = {"least": LEAST_MEMBERS, "most": MOST_MEMBERS}
        raise InvalidInput(_("Choose %(least)s to %(most)s judges to combine.") % said)
    members = members_at_work(rubric, chosen)
    with transaction.atomic():
        judge = name_judge(actor=actor, name=name, kind=JudgeKind.ENSEMBLE)
        return new_ensemble_version(judge=judge, rubric=rubric, members=members, actor=actor)


def members_at_work(rubric: Rubric, judges: Sequence[Judge]) -> list[JudgeVersion]:
    """Return the versions of `judges` that are at work for `rubric`, in this order; `InvalidInput` if one has none."""
    found = JudgeVersion.objects.filter(judge__in=judges, rubric=rubric, active=True).select_related("judge")
    at_work = {version.judge_id: version for version in found.defer("model_artifact")}
    for judge in judges:
        if judge.kind == JudgeKind.ENSEMBLE:
            raise InvalidInput(_("%(judge)s combines judges itself. Choose those.") % {"judge": judge})
        if judge.pk not in at_work:
            said = {"judge": judge, "rubric": rubric}
            raise InvalidInput(_("%(judge)s has no version at work for %(rubric)s.") % said)
    return [at_work[judge.pk] for judge in judges]


def new_ensemble_version(
    *,
    judge: Judge,
    rubric: Rubric,
    members: Sequence[JudgeVersion],
    actor: Actor = SYSTEM,
    calibration_status: CalibrationStatus = CalibrationStatus.UNCALIBRATED,
    n_labels: int = 0,
    parameters: dict[str, Any] | None = None,
) -> JudgeVersion:
    """Give an ensemble its next version, which combines `members`, and put it in the place of the one before."""
    with transaction.atomic():
        version = new_version(
            Judge.objects.select_for_update().get(pk=judge.pk),
            rubric,
            actor=actor,
            model=WEIGHTED,
            calibration_status=calibration_status,
            n_labels=n_labels,
            parameters=parameters or {},
        )
        EnsembleMember.objects.bulk_create([EnsembleMember(ensemble=version, member=member) for member in members])
        return version
