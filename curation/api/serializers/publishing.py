"""Targets of a dataset, and the published copies of its versions. A token goes in, and never comes out."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Plain
from curation.publishing.actions.targets import LONGEST_TOKEN
from curation.publishing.faults import fault_in_words
from curation.publishing.models import HubTarget, Publication, PublicationState

CHANGES = [(one, one) for one in ("add", "change", "same", "remove")]


class TargetSerializer(serializers.ModelSerializer[HubTarget]):
    """A repository of a Hub that versions of a dataset may be published to."""

    dataset = serializers.CharField(help_text="As `org/name`.")
    token_variable = serializers.CharField(help_text="The environment variable that has its token; else it is stored.")
    public_at = serializers.DateTimeField(allow_null=True, help_text="When the repository was found to be public.")

    class Meta:
        model = HubTarget
        fields = ["id", "dataset", "endpoint", "repo", "token_variable", "token_set_at", "public_at", "created_at"]
        read_only_fields = fields


class NewTokenSerializer(serializers.Serializer[Any]):
    """A token, or where it is: one of both."""

    token = Plain(max_length=LONGEST_TOKEN, required=False, help_text="Stored encrypted, and told nobody again.")
    token_variable = Plain(
        max_length=60, required=False, help_text="HF_TOKEN or HUB_TOKEN, or a name that begins so: HUB_TOKEN_OURS."
    )


class NewTargetSerializer(NewTokenSerializer):
    """A target to add."""

    repo = Plain(max_length=193, help_text="As ORG/NAME. It is made, private, with the first version.")
    endpoint = Plain(max_length=300, required=False, help_text="The Hub; left out, huggingface.co.")


class PublicationSerializer(serializers.ModelSerializer[Publication]):
    """A version at a target."""

    dataset = serializers.CharField(source="release.dataset", help_text="As `org/name`.")
    version = serializers.CharField(source="release.version")
    target = serializers.IntegerField(source="target_id")
    repo = serializers.CharField(source="target.repo")
    endpoint = serializers.CharField(source="target.endpoint")
    state = serializers.ChoiceField(PublicationState.choices)
    published_at = serializers.DateTimeField(
        allow_null=True, help_text="When its tag was read back, and every byte was as released."
    )
    found_head = serializers.CharField(help_text="A commit of somebody else that is in the way; else empty.")
    problem = serializers.SerializerMethodField(help_text="What is in the way, and what to do; empty if nothing is.")

    class Meta:
        model = Publication
        fields = [
            *("id", "dataset", "version", "target", "repo", "endpoint", "state", "commit", "tagged_at"),
            *("published_at", "found_head", "problem", "created_at"),
        ]
        read_only_fields = fields

    def get_problem(self, row: Publication) -> str:
        """Return the reason in the caller's language."""
        return fault_in_words(row.error)


class AtTargetSerializer(serializers.Serializer[Any]):
    """Which target."""

    target = serializers.IntegerField(min_value=1, help_text="One of the dataset's.")


class SeenHeadSerializer(serializers.Serializer[Any]):
    """The commit that somebody looked at."""

    head = Plain(max_length=40, help_text="`found_head`, as it was when you looked.")


class FileChangeSerializer(serializers.Serializer[Any]):
    """What would become of a file."""

    path = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes; 0 for one that goes.")
    sha256 = serializers.CharField()
    change = serializers.ChoiceField(CHANGES)


class PlanSerializer(serializers.Serializer[Any]):
    """What publishing would do."""

    branch = serializers.CharField(help_text="main, or for an older line its own.")
    private = serializers.BooleanField(allow_null=True, help_text="Null where the repository is to be made.")
    head = serializers.CharField(help_text="The branch's newest commit; empty where there is none.")
    tag = serializers.ChoiceField([("new", "new"), ("there", "there")])
    bytes_to_send = serializers.IntegerField(help_text="At most.")
    files = FileChangeSerializer(many=True)
    problem = serializers.SerializerMethodField(help_text="What is in the way; then nothing would be changed.")

    def get_problem(self, plan: Any) -> str:
        """Return the reason in the caller's language."""
        return fault_in_words(plan.problem)
