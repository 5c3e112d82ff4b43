"""Decisions with their reasons, and what a curator sees of a story whose reviewers could not decide it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.actions.adjudicating import ADJUDICATED
from annotations.models import Decision
from annotations.models.decision import FlagVerdict, Outcome
from annotations.models.review import Conduct, Intent, Portrayal
from annotations.rules import Reason
from annotations.schema import LONGEST_COMMENT
from annotations.telling import told_reasons
from curation.api.serializers.fields import LARGEST_KEY, Key, Plain

# How a curator may decide.
CHOOSABLE = [(outcome.value, outcome.label) for outcome in ADJUDICATED]


class ReasonSerializer(serializers.Serializer[Any]):
    """One rule that a decision followed, and whether it was met."""

    rule = serializers.CharField()
    passed = serializers.BooleanField()
    text = serializers.CharField(help_text="In the language of whoever asks.")


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """What was decided of a story, on which reviews, and why. A later decision supersedes an earlier one."""

    story = serializers.IntegerField(source="story_id")
    queue = serializers.SlugField(source="queue.slug", default=None, allow_null=True)
    policy = serializers.IntegerField(source="policy_id")
    outcome = serializers.ChoiceField(Outcome.choices)
    stands = serializers.BooleanField(help_text="False once another decision superseded it.")
    decided_by = serializers.CharField(
        source="decided_by.username", default=None, allow_null=True, help_text="Null: by the policy."
    )
    reasons = serializers.SerializerMethodField()
    values = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text="By the key of a criterion, the mean of its ratings; null: does not apply.",
    )
    themes = serializers.ListField(child=serializers.CharField())
    flag_verdicts = serializers.DictField(
        child=serializers.ChoiceField(FlagVerdict.choices), help_text="By the key of a flag, what a curator said of it."
    )
    note = serializers.CharField(help_text="What a curator wrote.")
    reviews = serializers.SerializerMethodField(help_text="On how many blind reviews it rests.")
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    undo = serializers.BooleanField(help_text="Whether it says again what held before a decision that was taken back.")

    class Meta:
        model = Decision
        fields = [
            "id",
            "story",
            "queue",
            "policy",
            "outcome",
            "stands",
            "decided_by",
            "created_at",
            "reasons",
            "values",
            "themes",
            "flag_verdicts",
            "note",
            "reviews",
            "supersedes",
            "undo",
        ]

    @extend_schema_field(ReasonSerializer(many=True))
    def get_reasons(self, decision: Decision) -> list[Reason]:
        """Return the rules that were followed."""
        return told_reasons(decision)

    def get_reviews(self, decision: Decision) -> int:
        """Return how many there are."""
        return len(decision.review_ids)


class DecisionFiltersSerializer(serializers.Serializer[Any]):
    """Which decisions."""

    outcome = serializers.ChoiceField(Outcome.choices, required=False)
    queue = serializers.SlugField(max_length=60, required=False)
    story = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY, required=False)
    by = serializers.ChoiceField([("policy", "policy"), ("curator", "curator")], required=False)
    stands = serializers.BooleanField(required=False)


class WaitingSerializer(serializers.Serializer[Any]):
    """A story that waits for a curator."""

    story = serializers.IntegerField(source="story_id")
    title = serializers.CharField(source="story.title")
    queue = serializers.SlugField(source="queue.slug", default=None, allow_null=True)
    since = serializers.DateTimeField(source="created_at")
    reasons = ReasonSerializer(source="unmet", many=True, help_text="The rules that were not met.")
    asked = serializers.ListField(
        child=serializers.CharField(), help_text="What reviewers wrote who ask for another look."
    )
    dangers = serializers.ListField(
        child=serializers.CharField(), help_text="Names of safety flags that no curator has looked at."
    )
    saw_score = serializers.BooleanField(help_text="Whether you have seen a score of it, and so cannot adjudicate it.")


class ReaderAnswerSerializer(serializers.Serializer[Any]):
    """What one reader answered to a criterion. Readers are numbered in the order in which they submitted."""

    reader = serializers.IntegerField()
    asked = serializers.BooleanField(help_text="False where the criterion did not apply to them.")
    value = serializers.IntegerField(allow_null=True, help_text="1 to 5, or null for N/A.")


class RatedSerializer(serializers.Serializer[Any]):
    """One criterion, with every reader's answer."""

    criterion = serializers.CharField(source="criterion.key")
    answers = ReaderAnswerSerializer(source="cells", many=True)
    mean = serializers.FloatField(allow_null=True)
    gap = serializers.IntegerField(allow_null=True, help_text="The largest difference between two readers.")


class ShownPassageSerializer(serializers.Serializer[Any]):
    """A passage that a reader marked."""

    reader = serializers.IntegerField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()
    conduct = serializers.ChoiceField(Conduct.choices, allow_blank=True)
    intent = serializers.ChoiceField(Intent.choices, allow_blank=True)
    portrayal = serializers.ChoiceField(Portrayal.choices, allow_blank=True)


class DisputeSerializer(serializers.Serializer[Any]):
    """A flag with the readers who raised it and those who did not."""

    flag = serializers.CharField(source="flag.key")
    hard = serializers.BooleanField(source="flag.hard")
    raised = serializers.ListField(child=serializers.IntegerField())
    not_raised = serializers.ListField(child=serializers.IntegerField())
    passages = serializers.SerializerMethodField()

    @extend_schema_field(ShownPassageSerializer(many=True))
    def get_passages(self, dispute: Any) -> Any:
        """Return the passages with the numbers of their readers."""
        names = ("start", "end", "quote", "conduct", "intent", "portrayal")
        rows = [
            {"reader": reader, **{name: getattr(span, name) for name in names}} for reader, span in dispute.passages
        ]
        return ShownPassageSerializer(rows, many=True).data


class CommentSerializer(serializers.Serializer[Any]):
    """What one reader wrote."""

    reader = serializers.IntegerField()
    text = serializers.CharField()
    out_of_scope = serializers.BooleanField(help_text="Whether they found no AI character.")


class LookSerializer(serializers.Serializer[Any]):
    """A reviewer asks that the story be looked at again. What they rate otherwise is named, and not how."""

    reader = serializers.IntegerField(help_text="0: another one than those whose reviews count.")
    reason = serializers.CharField()
    changed = serializers.ListField(child=serializers.CharField(), help_text="Keys of criteria.")
    dangers = serializers.ListField(child=serializers.CharField(), help_text="Keys of safety flags.")
    comment = serializers.CharField(help_text="Of a review that does not count and raises a safety flag; else empty.")
    quotes = serializers.ListField(child=serializers.CharField(), help_text="Likewise.")


class AdjudicationSerializer(serializers.Serializer[Any]):
    """All that a curator decides a story by. No score is among it."""

    story = serializers.IntegerField(source="decision.story_id")
    title = serializers.CharField(source="decision.story.title")
    text = serializers.CharField(source="decision.story.text")
    language = serializers.CharField(source="decision.story.language")
    rubric = serializers.IntegerField(source="decision.policy.rubric_id")
    waiting = serializers.BooleanField(help_text="Whether it waits for a curator.")
    in_use = serializers.BooleanField(help_text="Whether a release rests on the decision that stands.")
    why_not = serializers.CharField(help_text="Why you cannot adjudicate it; else empty.")
    decision = DecisionSerializer()
    ratings = RatedSerializer(source="sides.rows", many=True)
    flags = DisputeSerializer(source="sides.disputes", many=True)
    comments = CommentSerializer(source="sides.comments", many=True)
    second_looks = LookSerializer(many=True)


class NewAdjudicationSerializer(serializers.Serializer[Any]):
    """What a curator decides of a story, and why."""

    outcome = serializers.ChoiceField(CHOOSABLE)
    note = Plain(max_length=LONGEST_COMMENT, help_text="Why, in a sentence or two: reviewers learn from it.")
    flags = serializers.DictField(
        child=serializers.ChoiceField(FlagVerdict.choices),
        default=dict,
        help_text="By the key of a flag that a reader raised, what you say of it as such.",
    )


class AdjudicatedSerializer(serializers.Serializer[Any]):
    """What was decided, and where to go on."""

    decision = DecisionSerializer()
    next = Key(allow_null=True, help_text="The story that has waited longest of those you may adjudicate.")
