"""What waits for a second person, and what is taken back after its release."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Plain
from curation.releases.actions.approving import LONGEST_REASON
from curation.releases.models import Approval, WithdrawnStory, WithdrawnVersion
from curation.releases.models.dataset import Visibility
from curation.releases.story_ids import public_id

DECISIONS = [("approve", "approve"), ("decline", "decline"), ("take_back", "take_back")]


class ReasonGivenSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = Plain(max_length=LONGEST_REASON, help_text="In a sentence or two; it is shown for good.")


class VisibilitySerializer(serializers.Serializer[Any]):
    """Who may open a dataset."""

    visibility = serializers.ChoiceField(Visibility.choices)


class ApprovalDecisionSerializer(serializers.Serializer[Any]):
    """What somebody decides of what was asked for."""

    move = serializers.ChoiceField(DECISIONS, help_text="Who asked for it may only take it back.")
    reason = Plain(max_length=LONGEST_REASON, allow_blank=True, default="", help_text="Needed to decline or take back.")


class ApprovalSerializer(serializers.ModelSerializer[Approval]):
    """Something that waits for a second person, or waited."""

    version = serializers.CharField(source="release.version", allow_null=True, default=None)
    asked_by = serializers.CharField(source="asked_by.username", allow_null=True, default=None)
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)

    class Meta:
        model = Approval
        fields = ["id", "what", "version", "state", "asked_by", "asked_at", "decided_by", "decided_at", "reason"]


class WithdrawalRequestSerializer(ReasonGivenSerializer):
    """A story to be taken back."""

    story = Plain(max_length=60, help_text="As the files have it in `id` and `story_id`.")


class WithdrawnStorySerializer(serializers.ModelSerializer[WithdrawnStory]):
    """A story that goes into no later version."""

    story = serializers.SerializerMethodField(help_text="As the files have it.")
    withdrawn_by = serializers.CharField(source="withdrawn_by.username", allow_null=True, default=None)

    class Meta:
        model = WithdrawnStory
        fields = ["id", "story", "reason", "withdrawn_by", "withdrawn_at"]

    def get_story(self, row: WithdrawnStory) -> str:
        """Return the story's id in files."""
        return public_id(row.story.normal_sha256)


class WithdrawnVersionSerializer(serializers.ModelSerializer[WithdrawnVersion]):
    """That a version should not be used any more."""

    withdrawn_by = serializers.CharField(source="withdrawn_by.username", allow_null=True, default=None)

    class Meta:
        model = WithdrawnVersion
        fields = ["reason", "withdrawn_by", "withdrawn_at"]
