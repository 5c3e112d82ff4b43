"""What stories are judged against."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Key, Plain
from curation.standards.export import export
from curation.standards.schema import MAX_BYTES

KINDS = ["constitution", "rubric", "policy"]


class StandardSerializer(serializers.Serializer[Any]):
    """A version of a standard."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    rubric_id = serializers.IntegerField(
        allow_null=True, default=None, help_text="The rubric that a policy is for; null for other standards."
    )
    created_at = serializers.DateTimeField()
    frozen_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when it is in use and cannot change; null before."
    )


class StandardInFullSerializer(StandardSerializer):
    """A version of a standard with its content, in the shape of the file that imports it."""

    content = serializers.SerializerMethodField()

    def get_content(self, standard: Any) -> dict[str, Any]:
        """Return the file's mapping."""
        return export(standard)


class NewStandardSerializer(serializers.Serializer[Any]):
    """A standard to be imported."""

    content = Plain(max_length=MAX_BYTES, help_text="YAML, or JSON, in the shape of `content`.")
    rubric_id = Key(required=False, help_text="The rubric that a policy is for.")
