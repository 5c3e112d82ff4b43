"""Judges, their versions, and the imports that they score."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.calibration.queries.combination import combined_judges
from curation.llm.actions.budgets import MOST
from curation.llm.models import Provider
from curation.scoring.actions.judges import EFFORTS, MOST_OUTPUT_TOKENS, OUTPUT_TOKENS
from curation.scoring.models import ImportRule, Judge, JudgeVersion
from curation.scoring.models.judge import MOST_SAMPLES, CalibrationStatus, JudgeKind
from curation.scoring.queries import answers_read, prompt_of
from curation.scoring.reading import NEWEST, prompt_versions
from curation.scoring.reading.prompts import LONGEST
from curation.standards.models import Constitution, Rubric
from curation.stories.models import Source

MICRO_USD = "In millionths of a dollar."


class JudgeVersionSerializer(serializers.ModelSerializer[JudgeVersion]):
    """What a judge does exactly. It never changes, but for whether it is at work and how far it can be trusted."""

    judge = serializers.CharField(source="judge.key", help_text="The key of its judge.")
    rubric = serializers.IntegerField(source="rubric_id")
    rubric_name = serializers.CharField(source="rubric")
    constitution = serializers.IntegerField(source="constitution_id", allow_null=True)
    provider = serializers.IntegerField(source="provider_id", allow_null=True)
    samples = serializers.IntegerField(help_text="How often it is asked for each story.")
    at_work = serializers.BooleanField(source="active")
    calibration_status = serializers.ChoiceField(CalibrationStatus.choices)
    labels = serializers.IntegerField(source="n_labels", help_text="The rated stories that its numbers rest on.")

    class Meta:
        model = JudgeVersion
        fields = [
            "id",
            "judge",
            "number",
            "at_work",
            "rubric",
            "rubric_name",
            "constitution",
            "provider",
            "model",
            "prompt_version",
            "reading",
            "samples",
            "temperature",
            "effort",
            "max_output_tokens",
            "calibration_status",
            "labels",
            "created_at",
        ]
        read_only_fields = fields


class JudgeSerializer(serializers.ModelSerializer[Judge]):
    """A judge, with the versions of it that are at work: one for each rubric at most."""

    kind = serializers.ChoiceField(JudgeKind.choices)
    at_work = JudgeVersionSerializer(many=True)

    class Meta:
        model = Judge
        fields = ["key", "name", "kind", "created_at", "at_work"]
        read_only_fields = fields


class PromptSerializer(serializers.Serializer[Any]):
    """What a model is told, places still open."""

    judging = serializers.CharField()
    answering = serializers.CharField()
    story = serializers.CharField()


class FaultSerializer(serializers.Serializer[Any]):
    """What kept so many answers from being read."""

    why = serializers.CharField()
    count = serializers.IntegerField()


class AnswersReadSerializer(serializers.Serializer[Any]):
    """How many answers came, and what kept some from being read."""

    total = serializers.IntegerField()
    faults = FaultSerializer(many=True)


class WeighedSerializer(serializers.Serializer[Any]):
    """How much each judge counts on a criterion."""

    key = serializers.CharField()
    name = serializers.CharField()
    stories = serializers.IntegerField(source="n", help_text="The rated stories that this rests on.")
    shares = serializers.SerializerMethodField(help_text="How much each judge counts, by its name; all come to 1.")
    error = serializers.FloatField(help_text="Rating points by which held-out stories were missed.")

    def get_shares(self, one: Any) -> dict[str, float]:
        """Return the share of each judge by its name."""
        return dict(one.shares)


class CombinedVersionSerializer(serializers.Serializer[Any]):
    """A version that is combined."""

    judge = serializers.CharField(source="judge.key")
    number = serializers.IntegerField()


class CombinedSerializer(serializers.Serializer[Any]):
    """The versions that an ensemble combines; on a criterion that is not `weighed` they count the same."""

    members = CombinedVersionSerializer(many=True)
    weighed = WeighedSerializer(many=True)


class WholeJudgeVersionSerializer(JudgeVersionSerializer):
    """A version with what it asks, what it was answered, and what it combines."""

    prompt = serializers.SerializerMethodField(help_text="Null where it asks no model.")
    answers = serializers.SerializerMethodField(help_text="Null where it asks no model.")
    combines = serializers.SerializerMethodField(help_text="Null where it is no ensemble.")

    class Meta(JudgeVersionSerializer.Meta):
        fields = [*JudgeVersionSerializer.Meta.fields, "prompt", "answers", "combines"]

    @extend_schema_field(PromptSerializer(allow_null=True))
    def get_prompt(self, version: JudgeVersion) -> Any:
        """Return the prompt in full."""
        found = prompt_of(version)
        return PromptSerializer(found).data if found else None

    @extend_schema_field(AnswersReadSerializer(allow_null=True))
    def get_answers(self, version: JudgeVersion) -> Any:
        """Return the answers, counted."""
        if not version.paid:
            return None
        found = answers_read(version)
        faults = [{"why": str(words), "count": n} for words, n in found.failed]
        return AnswersReadSerializer({"total": found.total, "faults": faults}).data

    @extend_schema_field(CombinedSerializer(allow_null=True))
    def get_combines(self, version: JudgeVersion) -> Any:
        """Return the judges that it combines."""
        return CombinedSerializer(combined_judges(version)).data if version.judge.kind == JudgeKind.ENSEMBLE else None


class ScoringSerializer(serializers.Serializer[Any]):
    """How far a version is that scores every story by itself, in stories."""

    judge = serializers.CharField(source="version.judge.key")
    number = serializers.IntegerField(source="version.number")
    waiting = serializers.IntegerField()
    in_hand = serializers.IntegerField(source="leased")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()


class ScoringsSerializer(serializers.Serializer[Any]):
    """How far the scoring is that costs nothing."""

    stalled = serializers.BooleanField(help_text="Whether work has been due for a minute and nobody does it.")
    versions = ScoringSerializer(many=True)


class RetriedSerializer(serializers.Serializer[Any]):
    """What is tried again."""

    stories = serializers.IntegerField(help_text="How many.")


class NewVersionSerializer(serializers.Serializer[Any]):
    """What a version is to do."""

    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.filter(removed_at=None))
    rubric = serializers.PrimaryKeyRelatedField(queryset=Rubric.objects.all())
    constitution = serializers.PrimaryKeyRelatedField(queryset=Constitution.objects.all())
    model = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="By the name that its provider knows; left out, the one that the provider names by itself.",
    )
    prompt_version = serializers.ChoiceField(prompt_versions(), default=NEWEST)
    own_prompt = serializers.CharField(
        max_length=LONGEST,
        required=False,
        allow_blank=True,
        help_text="In the place of what the project's prompt says about judging; names {{criteria}} and {{flags}}.",
    )
    samples = serializers.IntegerField(min_value=1, max_value=MOST_SAMPLES, default=1)
    temperature = serializers.FloatField(
        min_value=0, max_value=2, allow_null=True, default=None, help_text="Null for a model that takes none."
    )
    effort = serializers.ChoiceField(EFFORTS, default="", help_text="Empty: left to the model.")
    max_output_tokens = serializers.IntegerField(
        min_value=1,
        max_value=MOST_OUTPUT_TOKENS,
        default=OUTPUT_TOKENS,
        help_text="So much is kept back of the budget for each answer.",
    )


class NewJudgeSerializer(NewVersionSerializer):
    """A judge with its first version."""

    name = serializers.CharField(max_length=40, help_text="Its key is made of it.")


class NewEnsembleSerializer(serializers.Serializer[Any]):
    """Several judges as one."""

    name = serializers.CharField(max_length=40, help_text="Its key is made of it.")
    rubric = serializers.PrimaryKeyRelatedField(queryset=Rubric.objects.all())
    judges = serializers.ListField(
        child=serializers.SlugRelatedField("key", queryset=Judge.objects.all()),
        max_length=20,
        help_text="Keys of judges with a version at work for the rubric.",
    )


class ImportRuleSerializer(serializers.ModelSerializer[ImportRule]):
    """Imports from a source that a judge scores by itself."""

    source = serializers.IntegerField(source="source_id", allow_null=True, help_text="Null: any source.")  # type: ignore[assignment]  # DRF takes it out of the class
    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = ImportRule
        fields = ["id", "source", "limit_micro_usd", "in_batches", "created_by", "created_at"]
        read_only_fields = fields


class NewImportRuleSerializer(serializers.Serializer[Any]):
    """Which imports a judge is to score."""

    source = serializers.PrimaryKeyRelatedField(  # type: ignore[assignment]  # DRF takes it out of the class
        queryset=Source.objects.all(), allow_null=True, default=None, help_text="Null: any source."
    )
    limit_micro_usd = serializers.IntegerField(
        min_value=1, max_value=MOST, help_text=f"What each import may cost at most. {MICRO_USD}"
    )
    in_batches = serializers.BooleanField(
        default=False, help_text="Be answered within a day, for less, where the provider takes batches."
    )
