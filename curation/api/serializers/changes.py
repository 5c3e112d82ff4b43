"""What differs between two versions of a dataset."""

from typing import Any

from rest_framework import serializers


class ChangesFilter(serializers.Serializer[Any]):
    """What to compare with."""

    since = serializers.CharField(required=False, max_length=24, help_text="A version; by default the one before.")


class StoryCountsSerializer(serializers.Serializer[Any]):
    """How many stories differ."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()


class NamedStorySerializer(serializers.Serializer[Any]):
    """A story that differs."""

    id = serializers.CharField(help_text="As the files have it.")
    title = serializers.CharField()
    what = serializers.ListField(child=serializers.CharField(), help_text="What differs of a changed one.")
    reason = serializers.CharField(help_text="Why it was withdrawn; empty otherwise.")


class DifferenceSerializer(serializers.Serializer[Any]):
    """What differs between `old` and `new`; of each kind of story the first fifty are named."""

    old = serializers.CharField()
    new = serializers.CharField()
    stories = StoryCountsSerializer()
    added = NamedStorySerializer(many=True)
    removed = NamedStorySerializer(many=True)
    changed = NamedStorySerializer(many=True)
    what = serializers.DictField(child=serializers.IntegerField(), help_text="How many changed stories differ in what.")
    tiers = serializers.DictField(child=serializers.IntegerField(), help_text="Moves, as `silver > gold`.")
    deciders = serializers.DictField(child=serializers.IntegerField(), help_text="Moves, as `policy > adjudicator`.")
    columns = serializers.DictField(
        child=serializers.DictField(child=serializers.ListField(child=serializers.CharField())),
        help_text="By config: columns `added`, `removed`, and `changed` in type.",
    )
    standards = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Rubric, policy, constitution and schema, where they differ: the old one and the new one.",
    )
    agreement = serializers.DictField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True)),
        help_text="By criterion, where it differs: alpha with its interval, old and new.",
    )
    ratings = serializers.DictField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True)),
        help_text="By criterion, where it differs: the mean rating, old and new.",
    )
    distributions = serializers.DictField(
        child=serializers.DictField(child=serializers.ListField(child=serializers.IntegerField())),
        help_text="By kind and name, where it differs: how many stories, old and new.",
    )
    coverage = serializers.DictField(
        child=serializers.DictField(child=serializers.ListField(child=serializers.IntegerField())),
        help_text="By principle and theme, where it differs: how many stories, old and new.",
    )
    text = serializers.CharField(help_text="The same in Markdown, as the card of the newer version has it.")
