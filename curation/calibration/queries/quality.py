"""How well a judge version does, for the pages."""

from dataclasses import dataclass

from curation.calibration.models import JudgeQuality
from curation.scoring.models import JudgeVersion
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import calibration_status_for, criterion_calibration_status
from curation.standards.translating import words_for_reader

TRUST = [CalibrationStatus.UNCALIBRATED, CalibrationStatus.PROVISIONAL, CalibrationStatus.CALIBRATED]


@dataclass(frozen=True)
class Quality:
    """One row of the table: a criterion, what was measured, and how far it can be trusted."""

    key: str
    name: str
    measured: JudgeQuality
    calibration_status: CalibrationStatus

    @property
    def better_than_chance(self) -> bool | None:
        """Whether the whole 95 percent interval of the rank correlation is above 0; None where it has none."""
        return None if self.measured.spearman_low is None else self.measured.spearman_low > 0


def quality_of(version: JudgeVersion) -> list[Quality]:
    """The measured quality per criterion in the rubric's order, named for whoever looks, in one statement.

    Empty before the first measurement. The calibration_status is the lesser of what the version learnt from and what it
    was compared with.
    """
    rows = JudgeQuality.objects.filter(judge_version=version).select_related("criterion")
    return [
        Quality(
            key=row.criterion.key,
            name=str(words_for_reader(version.rubric, row.criterion, "name")),
            measured=row,
            calibration_status=min(
                calibration_status_for(row.n), criterion_calibration_status(version, row.criterion.key), key=TRUST.index
            ),
        )
        for row in rows.order_by("criterion__position", "criterion_id")
    ]
