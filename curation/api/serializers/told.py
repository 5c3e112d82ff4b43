"""What people and models said of a story, as its page tells it."""

from typing import Any

from rest_framework import serializers

from annotations.models import Decision, Review
from annotations.models.decision import FlagVerdict, Outcome
from annotations.models.review import Conduct, Intent, Portrayal
from curation.api.serializers.adjudication import ReasonSerializer
from curation.scoring.models.judge import CalibrationStatus


class StoryDecisionSerializer(serializers.ModelSerializer[Decision]):
    """What was decided about a story, and why."""

    outcome = serializers.ChoiceField(Outcome.choices)
    reasons = ReasonSerializer(many=True)
    values = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text="Criterion to mean rating; null where it does not apply.",
    )
    themes = serializers.ListField(child=serializers.CharField(), help_text="Keys of the themes that it shows.")
    flag_verdicts = serializers.DictField(
        child=serializers.ChoiceField(FlagVerdict.choices), help_text="What a curator said of flags, by key."
    )
    policy = serializers.CharField(help_text="The acceptance policy and its version.")
    queue = serializers.CharField(source="queue.slug", allow_null=True, default=None)
    by = serializers.CharField(
        source="decided_by.shown_name", allow_null=True, default=None, help_text="Who adjudicated; null for the policy."
    )
    n_reviews = serializers.SerializerMethodField(help_text="On how many blind reviews it rests.")
    supersedes_id = serializers.IntegerField(allow_null=True, help_text="The decision that this one replaces.")
    undo = serializers.BooleanField(help_text="True where a curator took back the decision before.")

    class Meta:
        model = Decision
        fields = [
            "id", "outcome", "reasons", "values", "themes", "flag_verdicts", "note", "policy", "queue", "by",
            "n_reviews", "supersedes_id", "undo", "created_at",
        ]  # fmt: skip

    def get_n_reviews(self, decision: Decision) -> int:
        """Count them."""
        return len(decision.review_ids)


class ReadPassageSerializer(serializers.Serializer[Any]):
    """A passage that a reader marked, at code points `start` to `end`, half-open."""

    criterion = serializers.CharField(source="criterion.key", allow_null=True, default=None)
    flag = serializers.CharField(source="flag.key", allow_null=True, default=None)
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()
    conduct = serializers.ChoiceField(Conduct.choices, allow_blank=True)
    intent = serializers.ChoiceField(Intent.choices, allow_blank=True)
    portrayal = serializers.ChoiceField(Portrayal.choices, allow_blank=True)


class ReadReviewSerializer(serializers.ModelSerializer[Review]):
    """A review that a decision rests on. Readers are numbered in the order in which they submitted, not named."""

    reader = serializers.IntegerField(source="number", help_text="From 1.")
    themes = serializers.ListField(child=serializers.CharField())
    ratings = serializers.SerializerMethodField(help_text="Criterion to rating, 1 to 5; null for not applicable.")
    flags = serializers.SerializerMethodField(help_text="Keys of the flags that they raised.")
    passages = ReadPassageSerializer(many=True, source="spans")

    class Meta:
        model = Review
        fields = ["reader", "out_of_scope", "themes", "ratings", "flags", "passages", "comment"]

    def get_ratings(self, review: Review) -> dict[str, int | None]:
        """Return them by key."""
        return {rating.criterion.key: rating.value for rating in review.ratings.all()}

    def get_flags(self, review: Review) -> list[str]:
        """Return their keys."""
        return [raised.flag.key for raised in review.flags.all()]


class DecidedSerializer(serializers.Serializer[Any]):
    """What was decided about a story, on which reviews."""

    kept_back = serializers.BooleanField(
        help_text="True while you may still be asked to review the story, so that nothing is told."
    )
    decisions = StoryDecisionSerializer(many=True, help_text="The newest first; empty while there is none.")
    reviews = ReadReviewSerializer(many=True, help_text="Those that the newest decision rests on.")
    extras = ReadReviewSerializer(many=True, help_text="Reviews whose place had been given on; they decide nothing.")


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
