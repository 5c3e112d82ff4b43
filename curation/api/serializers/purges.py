"""Stories that are destroyed, and people who are erased."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Plain, YesNo
from curation.erasure.actions.asking import LONGEST_REASON
from curation.erasure.models import Purge, PurgeFollowUp
from curation.erasure.models.purge import PurgeKind, PurgeState


class NewPurgeSerializer(serializers.Serializer[Any]):
    """Why a story is to be destroyed."""

    kind = serializers.ChoiceField(PurgeKind.choices, help_text="Whether the law asks for it, or it does harm.")
    reason = Plain(max_length=LONGEST_REASON, help_text="For the record, which keeps it. It must not quote the story.")


class DeclinedPurgeSerializer(serializers.Serializer[Any]):
    """Why a purge is declined."""

    reason = Plain(max_length=LONGEST_REASON, help_text="Whoever asked reads it.")


class FollowedSerializer(serializers.Serializer[Any]):
    """For which dataset a version is to be started."""

    dataset = Plain(max_length=150, help_text="As `org/name`.")


class FollowUpSerializer(serializers.ModelSerializer[PurgeFollowUp]):
    """What followed for a dataset."""

    dataset = serializers.CharField(help_text="As `org/name`.")
    version = serializers.SerializerMethodField(help_text="The version without the story; null where none is started.")
    why_not = serializers.CharField(help_text="Why none could be started; empty where one is.")

    class Meta:
        model = PurgeFollowUp
        fields = ["dataset", "version", "why_not"]
        read_only_fields = fields

    def get_version(self, one: PurgeFollowUp) -> str | None:
        """Return the version's tag."""
        return one.release.version if one.release else None


class PurgeSerializer(serializers.ModelSerializer[Purge]):
    """The purge of a story."""

    kind = serializers.ChoiceField(PurgeKind.choices)
    state = serializers.ChoiceField(PurgeState.choices, help_text="`done` once nothing of the story is left.")
    asked_by = serializers.CharField(
        source="asked_by.username", allow_null=True, default=None, help_text="null where a command asked."
    )
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)
    decided_because = serializers.CharField(help_text="Why it was declined.")
    error = serializers.CharField(help_text="What went wrong; it is tried again unless `state` is `failed`.")
    texts_at = serializers.DateTimeField(help_text="When its words were destroyed.", allow_null=True)
    files = serializers.IntegerField(source="n_files", help_text="How many files are destroyed with it.")
    files_gone = serializers.IntegerField(source="n_gone", help_text="How many of them are gone from the storage.")
    follow_ups = FollowUpSerializer(many=True)

    class Meta:
        model = Purge
        fields = [
            "id",
            "story",
            "kind",
            "reason",
            "state",
            "second_person",
            "asked_by",
            "asked_at",
            "decided_by",
            "decided_at",
            "decided_because",
            "error",
            "texts_at",
            "finished_at",
            "files",
            "files_gone",
            "follow_ups",
        ]
        read_only_fields = fields


class ErasedSerializer(serializers.Serializer[Any]):
    """What of a person goes."""

    username = Plain(max_length=150, help_text="The name that they sign in by, so that nobody else is erased.")
    with_comments = YesNo(help_text="Whether what they wrote in their own words goes too.")
