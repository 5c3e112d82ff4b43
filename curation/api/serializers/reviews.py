"""Reviews that are in: as their writer sees them, what can still be done with them, and the comparison with a judge."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.actions.revising import LONGEST_REASON
from annotations.actions.withdrawing import LONGEST_REASON as LONGEST_WHY
from annotations.models import Review
from annotations.models.decision import Outcome
from annotations.models.review import Origin, ReviewKind
from annotations.queries.history import as_data
from annotations.queries.status import ReviewStatus
from annotations.queries.work import PERIODS
from curation.api.serializers.fields import Plain, YesNo
from curation.api.serializers.reviewing import AnswersSerializer

# What may be told of a story; it is undecided again where it was reopened.
TOLD = [(outcome.value, outcome.label) for outcome in Outcome if outcome != Outcome.REOPENED]


class ReviewFiltersSerializer(serializers.Serializer[Any]):
    """Which of one's reviews."""

    queue = serializers.SlugField(max_length=60, required=False)
    outcome = serializers.ChoiceField(TOLD, required=False, help_text="Of those whose outcome may be told to you.")
    period = serializers.ChoiceField([(name, name) for name in PERIODS], required=False)
    flagged = serializers.BooleanField(required=False, help_text="Only those that raise a flag.")


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """One of your reviews, as you wrote it."""

    assignment = serializers.IntegerField(source="assignment_id")
    queue = serializers.SlugField(source="assignment.item.queue.slug")
    story = serializers.IntegerField(source="story_id")
    title = serializers.CharField(source="story.title")
    rubric = serializers.IntegerField(source="rubric_id")
    kind = serializers.ChoiceField(ReviewKind.choices, help_text="Only blind first commits count.")
    origin = serializers.ChoiceField(Origin.choices, help_text="The tool that it was written in.")
    blind = serializers.BooleanField(help_text="Whether it was given blind; if not, it does not count.")
    answers = serializers.SerializerMethodField()
    withdrawn_at = serializers.DateTimeField(source="withdrawal.at", default=None, allow_null=True, read_only=True)
    outcome = serializers.SerializerMethodField(
        help_text="What became of the story; null while it is not decided, or may not be told to you."
    )

    class Meta:
        model = Review
        fields = [
            "id",
            "assignment",
            "queue",
            "story",
            "title",
            "rubric",
            "kind",
            "origin",
            "blind",
            "attempt",
            "submitted_at",
            "withdrawn_at",
            "outcome",
            "answers",
        ]
        read_only_fields = fields

    @extend_schema_field(AnswersSerializer)
    def get_answers(self, review: Review) -> dict[str, Any]:
        """Return what was answered."""
        return dict(AnswersSerializer(as_data(review)).data)

    @extend_schema_field(serializers.ChoiceField(TOLD, allow_null=True))
    def get_outcome(self, review: Review) -> str | None:
        """Return the outcome as far as the reviewer may be told it."""
        return ReviewStatus.of(review).outcome or None


class MaySerializer(serializers.Serializer[Any]):
    """Whether something can be done."""

    may = serializers.SerializerMethodField()
    why_not = serializers.CharField(source="reason", help_text="Empty where it can.")

    def get_may(self, answer: Any) -> bool:
        """Return whether it can."""
        return bool(answer)


class OneReviewSerializer(ReviewSerializer):
    """One of your reviews, and what you can do with it."""

    withdraw = MaySerializer(source="may_withdraw")
    revise = MaySerializer(source="may_revise")
    compare = MaySerializer(source="may_compare")

    class Meta(ReviewSerializer.Meta):
        fields = [*ReviewSerializer.Meta.fields, "withdraw", "revise", "compare"]
        read_only_fields = fields


class WithdrawalSerializer(serializers.Serializer[Any]):
    """Taking a review back."""

    reason = Plain(max_length=LONGEST_WHY, default="", allow_blank=True)


class NewRevisionSerializer(AnswersSerializer):
    """What is said now, all of it, and why."""

    reason = Plain(max_length=LONGEST_REASON, allow_blank=True, default="", help_text="Why you see it otherwise now.")
    ask_curator = YesNo(default=False, help_text="Whether a curator is asked to look at the story again.")


class RevisionSerializer(serializers.Serializer[Any]):
    """A revision; it counts nowhere."""

    id = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()
    reason = serializers.CharField()
    asks_curator = serializers.BooleanField()
    origin = serializers.ChoiceField(Origin.choices, help_text="The tool that it was written in.")
    blind = serializers.BooleanField(help_text="Whether it was written blind.")
    answers = serializers.SerializerMethodField()

    @extend_schema_field(AnswersSerializer)
    def get_answers(self, review: Review) -> dict[str, Any]:
        """Return what was answered."""
        return dict(AnswersSerializer(as_data(review)).data)


class ComparedSerializer(serializers.Serializer[Any]):
    """One criterion: your value beside the judge's."""

    criterion = serializers.CharField(source="score.key")
    name = serializers.CharField(source="score.name")
    rated = serializers.BooleanField(help_text="Whether you rated it.")
    own = serializers.IntegerField(allow_null=True)
    judge = serializers.FloatField(source="score.value", allow_null=True, help_text="1 to 5; null: does not apply.")
    level = serializers.ChoiceField(
        [("same", "same"), ("near", "near"), ("apart", "apart")],
        allow_blank=True,
        help_text="How near the two are; empty where there are not two.",
    )


class ComparisonSerializer(serializers.Serializer[Any]):
    """Your review beside what a judge says of the story."""

    judge = serializers.CharField(source="version.judge.key")
    version = serializers.CharField(source="version.__str__")
    lines = ComparedSerializer(many=True, help_text="Those that are apart first.")
