"""How well a judge version does, for the pages."""

from dataclasses import dataclass

from curation.calibration.models import JudgeQuality
from curation.scoring.models import JudgeVersion
from curation.scoring.models.judge import Standing
from curation.scoring.queries import criterion_standing, standing_for

TRUST = [Standing.UNCALIBRATED, Standing.PROVISIONAL, Standing.CALIBRATED]


@dataclass(frozen=True)
class Quality:
    """One row of the table: a criterion, what was measured, and how far it can be trusted."""

    key: str
    name: str
    measured: JudgeQuality
    standing: Standing


def quality_of(version: JudgeVersion) -> list[Quality]:
    """The measured quality per criterion, in the rubric's order; empty before the first measurement. One statement.

    The standing is the lesser of what the version learnt from and what it was compared with.
    """
    rows = JudgeQuality.objects.filter(judge_version=version).select_related("criterion")
    return [
        Quality(
            key=row.criterion.key,
            name=row.criterion.name,
            measured=row,
            standing=min(standing_for(row.n), criterion_standing(version, row.criterion.key), key=TRUST.index),
        )
        for row in rows.order_by("criterion__position", "criterion_id")
    ]
