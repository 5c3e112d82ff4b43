"""How well a judge version does, for the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from curation.calibration.models import Anchoring, AuditSample, JudgeQuality, PoolQuality, Probe, ProbeStory
from curation.calibration.models.quality import SecondReviewerAnswer
from curation.calibration.queries.reliability_chart import ReliabilityChart, reliability_chart
from curation.scoring.models import JudgeVersion
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import LEAST_LABELS, calibration_status_for, criterion_calibration_status
from curation.standards.models import Rubric
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
    def enough(self) -> bool:
        """Whether so many stories were compared that the figures say something."""
        return self.measured.n >= LEAST_LABELS

    @property
    def better_than_chance(self) -> bool | None:
        """Whether the whole 95 percent interval of the rank correlation is above 0; None where it has none."""
        return None if self.measured.spearman_low is None else self.measured.spearman_low > 0

    @property
    def better_than_constant(self) -> bool | None:
        """Whether it is shown to miss by less than the mean would; None where that cannot be said."""
        return None if self.measured.saved_low is None else self.measured.saved_low > 0

    @property
    def as_second_reviewer(self) -> SecondReviewerAnswer:
        """Whether it is no worse than a second reviewer.

        What says nearly the same of every story lies near to everybody and can pass the test, so *yes* takes a judge
        that is shown to tell stories apart: better than chance within a generator, and better than the mean.
        """
        answer = SecondReviewerAnswer(self.measured.second_reviewer)
        if answer == SecondReviewerAnswer.YES and not (
            self.enough and self.better_than_chance and self.better_than_constant
        ):
            return SecondReviewerAnswer.NOT_YET
        return answer

    @property
    def chart(self) -> ReliabilityChart | None:
        """The reliability diagram as coordinates; None without data."""
        return reliability_chart(self.measured.reliability, self.measured.curve)


@dataclass(frozen=True)
class Trust:
    """What a judge can be trusted with, as one sentence tells it: on how many of the `held` criteria, and why not.

    `orders`: it puts stories of one generator in the reviewers' order better than chance; `rates`: once calibrated it
    misses by less than the mean; `replaces`: it is no worse than a second reviewer. `changed_at` is when it was found
    to answer otherwise than it did. `n` is the most stories compared on one criterion, `needed` how many it takes.
    """

    held: int
    orders: int
    rates: int
    replaces: int
    n: int
    needed: int
    changed_at: datetime | None


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


def trust_in(quality: Sequence[Quality], changed_at: datetime | None) -> Trust:
    """Sum the criteria up, of which those count that enough stories were compared on."""
    held = [one for one in quality if one.enough]
    return Trust(
        held=len(held),
        orders=sum(one.better_than_chance is True for one in held),
        rates=sum(one.better_than_constant is True for one in held),
        replaces=sum(one.as_second_reviewer == SecondReviewerAnswer.YES for one in held),
        n=max((one.measured.n for one in quality), default=0),
        needed=LEAST_LABELS,
        changed_at=changed_at,
    )


def trust_in_each(versions: Sequence[JudgeVersion]) -> dict[int, Trust]:
    """Version id -> what it can be trusted with, in two statements whatever their number."""
    probes = Probe.objects.filter(judge_version__in=versions, changed_at__isnull=False)
    changed = dict(probes.values_list("judge_version", "changed_at"))
    measured: dict[int, list[Quality]] = {version.pk: [] for version in versions}
    for row in JudgeQuality.objects.filter(judge_version__in=versions).defer("reliability", "curve"):
        measured[row.judge_version_id].append(Quality("", "", row, calibration_status_for(row.n)))
    return {pk: trust_in(quality, changed.get(pk)) for pk, quality in measured.items()}


def probe_of(version: JudgeVersion) -> Probe | None:
    """What the version said of its probe; None before it was asked."""
    return Probe.objects.filter(judge_version=version).first()


def probe_story_ids(rubric: Rubric) -> list[int]:
    """The stories of a rubric's probe; empty before it was chosen."""
    return list(ProbeStory.objects.filter(rubric=rubric).order_by("story_id").values_list("story_id", flat=True))


def anchoring_of(version: JudgeVersion) -> Anchoring | None:
    """How far reviewers moved towards the version; None before it was measured."""
    return Anchoring.objects.filter(judge_version=version).first()


@dataclass(frozen=True)
class Pool:
    """What is known of the whole pool: `passing`, and the criteria by their names; `drawn` stories for the audit."""

    passing: PoolQuality | None
    criteria: list[tuple[str, str, PoolQuality]]
    drawn: int

    @property
    def measured(self) -> bool:
        """Whether enough audited stories have all their reviews."""
        return self.passing is not None and self.passing.value is not None


def pool_quality_of(version: JudgeVersion) -> Pool:
    """How good the pool is by the audit and this version, in two statements."""
    rows = list(
        PoolQuality.objects.filter(judge_version=version)
        .select_related("criterion")
        .order_by("criterion__position", "criterion_id")
    )
    named = [
        (row.criterion.key, str(words_for_reader(version.rubric, row.criterion, "name")), row)
        for row in rows
        if row.criterion is not None
    ]
    samples = AuditSample.objects.filter(queue__rubric=version.rubric_id).values_list("stories", flat=True)
    return Pool(next((row for row in rows if row.criterion is None), None), named, sum(samples))
