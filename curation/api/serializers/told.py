"""What people and models said of a story, as its page tells it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.models import Review
from annotations.models.review import Origin
from annotations.queries.history import as_data
from curation.api.serializers.adjudication import DecisionSerializer
from curation.api.serializers.reviewing import AnswersSerializer
from curation.scoring.models.judge import CalibrationStatus


class ReadAnswersSerializer(AnswersSerializer):
    """The answers of another reader; how long they took is theirs."""

    active_seconds = None  # type: ignore[assignment]  # how DRF leaves a field out


class ReadReviewSerializer(serializers.Serializer[Review]):
    """A review that a decision rests on. Readers are numbered in the order in which they submitted, not named."""

    reader = serializers.IntegerField(source="number", help_text="From 1.")
    origin = serializers.ChoiceField(Origin.choices, help_text="The tool that it was written in.")
    blind = serializers.BooleanField(
        help_text="Whether it is known to have been given blind; if not, it counts for nothing."
    )
    answers = serializers.SerializerMethodField()

    @extend_schema_field(ReadAnswersSerializer)
    def get_answers(self, review: Review) -> dict[str, Any]:
        """Return what was answered."""
        return dict(ReadAnswersSerializer(as_data(review)).data)


class DecidedSerializer(serializers.Serializer[Any]):
    """What was decided about a story, on which reviews."""

    kept_back = serializers.BooleanField(
        help_text="True while you may still be asked to review the story, so that nothing is told."
    )
    decisions = DecisionSerializer(many=True, help_text="The newest first; empty while there is none.")
    reviews = ReadReviewSerializer(many=True, help_text="Those that the newest decision rests on.")
    extras = ReadReviewSerializer(
        many=True, help_text="Reviews whose place had been given on, or that were not blind; they decide nothing."
    )


class ScoreSerializer(serializers.Serializer[Any]):
    """What a judge says about one criterion of a story."""

    judge = serializers.CharField(source="version.judge.key")
    version = serializers.IntegerField(source="version.number")
    criterion = serializers.CharField(source="key")
    value = serializers.FloatField(allow_null=True, help_text="1 to 5; null for not applicable.")
    standard_deviation = serializers.FloatField(allow_null=True, help_text="How far it may be off; null if unknown.")
    rationale = serializers.CharField()
    quotes = serializers.ListField(child=serializers.CharField())
    calibration_status = serializers.ChoiceField(CalibrationStatus.choices)
    samples = serializers.IntegerField(help_text="Over how many answers.")


class NotedSerializer(serializers.Serializer[Any]):
    """A theme or flag that a judge noted, in how many of its answers."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    reason = serializers.CharField()
    passages = serializers.ListField(child=serializers.CharField())


class BehaviourSerializer(serializers.Serializer[Any]):
    """A passage in which an AI behaves in some way."""

    quote = serializers.CharField()
    conduct = serializers.CharField()
    intent = serializers.CharField()
    portrayal = serializers.CharField()


class FindingsSerializer(serializers.Serializer[Any]):
    """What a judge saw besides its scores."""

    judge = serializers.CharField(source="version.judge.key")
    version = serializers.IntegerField(source="version.number")
    samples = serializers.IntegerField()
    themes = NotedSerializer(many=True)
    flags = NotedSerializer(many=True)
    behaviours = BehaviourSerializer(many=True)
    honeypot = serializers.IntegerField(help_text="How many answers say that the story is built as one.")
    honeypot_reason = serializers.CharField()
    no_ai_character = serializers.IntegerField(help_text="How many answers found no AI character.")


class ScoresSerializer(serializers.Serializer[Any]):
    """The scores of a story, for who has asked to see them."""

    shown = serializers.BooleanField(
        help_text="False before you ask to see them by POST. Whoever has seen them no longer reviews the story."
    )
    scores = ScoreSerializer(many=True)
    findings = FindingsSerializer(many=True)
