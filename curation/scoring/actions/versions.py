"""Judge versions: the first one of the embedded scorer, the later ones that calibration fits, and what grows."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core.jobs import nudge
from curation.scoring.actions.creating import create_jobs
from curation.scoring.models import Judge, JudgeCalibration, JudgeVersion, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.models.judge import CalibrationStatus, JudgeKind
from curation.scoring.queries import calibration_status_for
from curation.standards.actions import freeze
from curation.standards.models import Rubric

EMBEDDED, EMBEDDED_NAME = "embedded", "Embedded scorer"
COUNTING = "word counts 1"


def ensure_embedded_judge(*, rubric: Rubric) -> JudgeVersion:
    """Return the active version of the embedded scorer for `rubric`, made from the word counts on first use."""
    in_force = JudgeVersion.objects.filter(judge__key=EMBEDDED, rubric=rubric, active=True).defer("model_artifact")
    found = in_force.first()
    if found is not None:
        return found
    with transaction.atomic():
        judge = embedded_judge()
        return in_force.first() or new_version(judge, rubric, model=COUNTING)


def adopt(
    *,
    rubric: Rubric,
    model: str,
    calibration_status: CalibrationStatus,
    n_labels: int,
    parameters: dict[str, Any],
    model_artifact: bytes,
    model_artifact_sha256: str,
) -> JudgeVersion:
    """Make a fitted model artifact the active version of the embedded scorer, and have undecided stories scored again.

    Decided stories keep the scores they had. Open work of the version before is dropped.
    """
    with transaction.atomic():
        judge = embedded_judge()
        return new_version(
            judge,
            rubric,
            model=model,
            calibration_status=calibration_status,
            n_labels=n_labels,
            parameters=parameters,
            model_artifact=model_artifact,
            model_artifact_sha256=model_artifact_sha256,
        )


def embedded_judge() -> Judge:
    """The embedded scorer's identity, locked, so that two processes do not number the same version."""
    Judge.objects.get_or_create(key=EMBEDDED, defaults={"name": EMBEDDED_NAME, "kind": JudgeKind.EMBEDDED})
    return Judge.objects.select_for_update().get(key=EMBEDDED)


def new_version(
    judge: Judge,
    rubric: Rubric,
    *,
    actor: Actor = SYSTEM,
    calibration_status: CalibrationStatus = CalibrationStatus.UNCALIBRATED,
    n_labels: int = 0,
    **fields: Any,
) -> JudgeVersion:
    """Store the next version and make it the active one for its rubric. Call it in a transaction, the judge locked.

    What the version before had still to score for nothing is dropped. Its runs go on: somebody has paid for them.
    """
    freeze(standard=rubric)
    before = list(judge.versions.filter(rubric=rubric, active=True).values_list("pk", flat=True))
    JudgeVersion.objects.filter(pk__in=before).update(active=False)
    ScoreJob.objects.filter(judge_version__in=before, run=None).exclude(state=JobState.DONE).delete()
    last = judge.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = judge.versions.create(number=last + 1, rubric=rubric, **fields)
    learnt = version.parameters.get("criteria", {})
    JudgeCalibration.objects.create(
        judge_version=version,
        status=calibration_status,
        labels=n_labels,
        by_criterion={key: one["n"] for key, one in learnt.items() if "n" in one},
    )
    said: dict[str, Any] = {
        "rubric": str(rubric),
        "calibration_status": version.calibration_status,
        "n_labels": version.n_labels,
        "sha256": version.model_artifact_sha256,
    }
    if version.paid:
        said = {"rubric": str(rubric), "provider": str(version.provider), "model": version.model}
    record(actor=actor, verb="judge_version.activated", target=version, **said)
    if not version.paid:
        create_jobs(everywhere=True)
        nudge("scoring.run")
    return version


def note_labels(*, version: JudgeVersion, labels: int, by_criterion: Mapping[str, int]) -> None:
    """Note how many rated stories a version's numbers rest on by now, in all and for each criterion by its key.

    It changes nothing of what the version does, only how far its numbers can be trusted.
    """
    JudgeCalibration.objects.update_or_create(
        judge_version=version,
        defaults={"status": calibration_status_for(labels), "labels": labels, "by_criterion": dict(by_criterion)},
    )
