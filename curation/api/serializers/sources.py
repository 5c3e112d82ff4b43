"""Where stories come from."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Plain
from curation.stories.models import Source


class SourceSerializer(serializers.ModelSerializer[Source]):
    """A named origin of stories: a file, a generator, a partner."""

    name = serializers.CharField(help_text="The short name, for addresses and filters.")
    license = serializers.CharField(help_text="The licence of its stories that name none; empty if it has none.")

    class Meta:
        model = Source
        fields = ["id", "name", "title", "license", "notes", "created_at"]


class NewSourceSerializer(serializers.Serializer[Any]):
    """A source to be made."""

    name = Plain(max_length=160, help_text="With letters or digits; the short name is made of it.")
    title = Plain(max_length=160, required=False, default="", allow_blank=True)
    license = Plain(max_length=80, required=False, default="", allow_blank=True, help_text="Such as CC-BY-4.0.")
