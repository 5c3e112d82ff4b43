"""How good judges are, and how far reviewers agree."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.models import Queue
from curation.calibration.actions.auditing import MOST
from curation.calibration.models import Anchoring, JudgeQuality, PoolQuality, Probe
from curation.calibration.models.quality import SecondReviewerAnswer
from curation.calibration.queries.quality import Pool, Quality
from curation.scoring.models.judge import CalibrationStatus
from curation.standards.models import Rubric

INTERVAL = "with a 95 percent interval from `low` to `high`"


def figures_in(model: type[Model], *, but: Collection[str] = ()) -> list[str]:
    """Return the names of what a model holds of a judge version, without those in `but`."""
    return [field.name for field in model._meta.fields if field.name not in {"id", "judge_version", *but}]


class QualityFilter(serializers.Serializer[Any]):
    """Which version."""

    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Its number; left out, the one at work."
    )


class TrustSerializer(serializers.Serializer[Any]):
    """What a version can be trusted with, counted in criteria."""

    held = serializers.IntegerField(help_text="On so many enough stories were compared.")
    orders = serializers.IntegerField(help_text="On so many it orders stories better than chance.")
    rates = serializers.IntegerField(help_text="On so many, once calibrated, it misses by less than the mean would.")
    replaces = serializers.IntegerField(help_text="On so many it is no worse than a second reviewer.")
    n = serializers.IntegerField(help_text="The most stories compared on one criterion.")
    needed = serializers.IntegerField(help_text="How many it takes.")
    changed_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when it answers otherwise than when it was measured."
    )


class MeasuredSerializer(serializers.ModelSerializer[JudgeQuality]):
    """A version against blind ratings on one criterion; null where undefined, intervals at 95 percent.

    Correlation and concordance are within generator; errors and bias (score less rating) are in rating points.
    """

    reliability = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True)),
        help_text="Score, rating, low, high and n of each tenth of the stories.",
    )
    curve = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="The knots [x, y] that turn a score of this version into a rating.",
    )

    class Meta:
        model = JudgeQuality
        fields = figures_in(JudgeQuality, but={"criterion", "second_reviewer"})
        read_only_fields = fields


class CriterionQualitySerializer(serializers.Serializer[Quality]):
    """What was measured on a criterion, and what follows."""

    key = serializers.CharField()
    name = serializers.CharField()
    calibration_status = serializers.ChoiceField(CalibrationStatus.choices)
    enough = serializers.BooleanField(help_text="Whether so many stories were compared that the figures say something.")
    better_than_chance = serializers.BooleanField(allow_null=True)
    better_than_constant = serializers.BooleanField(allow_null=True)
    as_second_reviewer = serializers.ChoiceField(SecondReviewerAnswer.choices)
    measured = MeasuredSerializer()


class ProbeSerializer(serializers.ModelSerializer[Probe]):
    """How far the version answers otherwise on a few fixed stories than it did, in rating points."""

    shift = serializers.DictField(
        child=serializers.FloatField(), help_text="By criterion that has changed: its mean change."
    )

    class Meta:
        model = Probe
        fields = ["moved", "noise", "shift", "changed_at", "began_at", "asked_at"]
        read_only_fields = fields


class AnchoringSerializer(serializers.ModelSerializer[Anchoring]):
    """How far reviewers who compared moved towards the version, in rating points; null where undefined."""

    class Meta:
        model = Anchoring
        fields = figures_in(Anchoring)
        read_only_fields = fields


class PoolFigureSerializer(serializers.ModelSerializer[PoolQuality]):
    """A figure of the whole pool; null while too few are audited."""

    class Meta:
        model = PoolQuality
        fields = ["value", "low", "high", "n", "judged", "lost", "measured_at"]
        read_only_fields = fields


class PoolCriterionSerializer(serializers.Serializer[Any]):
    """The pool's mean rating on a criterion."""

    key = serializers.CharField()
    name = serializers.CharField()
    mean = PoolFigureSerializer()


class PoolSerializer(serializers.Serializer[Pool]):
    """What the random audit says of all stories."""

    drawn = serializers.IntegerField(help_text="Stories that were drawn for the audit.")
    passing = PoolFigureSerializer(
        allow_null=True, help_text="The share, 0 to 1, of all stories that the policy would accept."
    )
    criteria = serializers.SerializerMethodField()

    @extend_schema_field(PoolCriterionSerializer(many=True))
    def get_criteria(self, pool: Pool) -> Any:
        """Return the figures by criterion."""
        said = [{"key": key, "name": name, "mean": row} for key, name, row in pool.criteria]
        return PoolCriterionSerializer(said, many=True).data


class QualitySerializer(serializers.Serializer[Any]):
    """How good a judge version is."""

    judge = serializers.CharField()
    version = serializers.IntegerField()
    trust = TrustSerializer()
    criteria = CriterionQualitySerializer(many=True, help_text="Empty before anything was measured.")
    probe = ProbeSerializer(allow_null=True, help_text="Null before it was asked twice.")
    anchoring = AnchoringSerializer(allow_null=True, help_text="Null before it was measured.")
    pool = PoolSerializer()


class AgreementFilter(serializers.Serializer[Any]):
    """Of what."""

    queue = serializers.SlugRelatedField(
        "slug",
        queryset=Queue.objects.select_related("rubric"),
        required=False,
        help_text="The slug of a queue: only its reviews.",
    )
    rubric = serializers.PrimaryKeyRelatedField(
        queryset=Rubric.objects.all(),
        required=False,
        help_text="The id of a rubric: only reviews by it. Left out, the queue's, or else the one in use.",
    )


class AgreementSerializer(serializers.Serializer[Any]):
    """Krippendorff's ordinal alpha of a criterion, with its 95 percent interval; null where undefined."""

    key = serializers.CharField()
    name = serializers.CharField()
    alpha = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    stories = serializers.IntegerField(help_text="How many stories were rated twice.")


class AgreementsSerializer(serializers.Serializer[Any]):
    """Agreement on all criteria of a rubric."""

    rubric = serializers.IntegerField(allow_null=True, help_text="Null where none is installed.")
    queue = serializers.CharField(allow_null=True)
    criteria = AgreementSerializer(many=True)


class NewAuditSampleSerializer(serializers.Serializer[Any]):
    """How many stories to draw, and where they are read."""

    queue = serializers.SlugRelatedField("slug", queryset=Queue.objects.all(), help_text="The slug of a queue.")
    stories = serializers.IntegerField(min_value=1, max_value=MOST)


class AuditSampleSerializer(serializers.Serializer[Any]):
    """What was drawn."""

    queue = serializers.CharField(source="queue.slug")
    stories = serializers.IntegerField(help_text="So many were drawn.")
    pool = serializers.IntegerField(help_text="Of so many that were in no audit.")
    drawn_at = serializers.DateTimeField()
