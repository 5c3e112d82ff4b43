"""The audit log."""

from typing import Any

from rest_framework import serializers

from curation.accounts.models import User
from curation.audit.kinds import KINDS
from curation.audit.models import Entry


class AuditFilter(serializers.Serializer[Any]):
    """Which entries to list."""

    person = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), required=False, help_text="The id of a person: only what they did."
    )
    kind = serializers.ChoiceField(list(KINDS), required=False, help_text="Only what is about these.")
    since = serializers.DateTimeField(required=False, help_text="Only from this moment on.")
    until = serializers.DateTimeField(required=False, help_text="Only before this moment.")


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """One thing that somebody did."""

    actor = serializers.CharField(
        source="actor.username",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="Null where the server acted by itself.",
    )
    verb = serializers.CharField(help_text="What was done, as in `queue.created`.")
    target_type = serializers.CharField(help_text="What it was done to, as in `annotations.queue`.")

    class Meta:
        model = Entry
        fields = ["id", "at", "actor", "verb", "target_type", "target_id", "data"]
        read_only_fields = fields
