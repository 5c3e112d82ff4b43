"""Requests for rewrites."""

from typing import Any

from rest_framework import serializers

from curation.stories.models import RewriteRequest


class RewriteFilterSerializer(serializers.Serializer[Any]):
    """Which requests are shown."""

    open = serializers.BooleanField(required=False, help_text="Only those whose rewrite has not begun, or has.")


class RewriteRequestSerializer(serializers.ModelSerializer[RewriteRequest]):
    """A story that is to be written again, and why."""

    story_id = serializers.IntegerField()
    title = serializers.CharField(source="story.title")
    by = serializers.CharField(
        source="requested_by.shown_name", allow_null=True, default=None, help_text="Who asked; null for the policy."
    )
    claimed_at = serializers.DateTimeField(allow_null=True, help_text="When its rewrite began; null before.")

    class Meta:
        model = RewriteRequest
        fields = ["id", "story_id", "title", "reason", "by", "created_at", "claimed_at"]
