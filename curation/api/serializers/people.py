"""People as admins keep them, and invitations."""

from typing import Any

from rest_framework import serializers

from annotations.models import Queue
from curation.accounts.invitations import LONGEST_DAYS
from curation.accounts.models import Invitation, Role, User
from curation.releases.names import LONGEST_ORG

MOST_NAMED = 500


class PeopleFilter(serializers.Serializer[Any]):
    """Which people to list."""

    words = serializers.CharField(required=False, max_length=80, default="", help_text="A part of a name.")
    closed = serializers.BooleanField(default=False, help_text="Closed accounts too.")


class PersonSerializer(serializers.ModelSerializer[User]):
    """A person who has an account."""

    display_name = serializers.CharField(source="shown_name", help_text="The name that pages show.")
    is_active = serializers.BooleanField(help_text="False once the account is closed.")
    queues = serializers.ListField(child=serializers.CharField(), help_text="Slugs of the queues they review in.")
    practised = serializers.BooleanField(help_text="Whether they have passed the practice round.")
    publishing = serializers.BooleanField(
        allow_null=True, help_text="Whether their ratings may be published; null while they have not answered."
    )
    limited = serializers.BooleanField(help_text="Whether they work with some datasets only.")
    reading = serializers.SerializerMethodField(help_text="How many stories they hold just now.")
    last_seen = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "display_name",
            "role",
            "is_active",
            "queues",
            "practised",
            "publishing",
            "limited",
            "reading",
            "last_seen",
            "date_joined",
        ]
        read_only_fields = fields

    def get_reading(self, user: Any) -> int:
        """Return how many stories they hold."""
        return user.reading or 0


class ChangedPersonSerializer(serializers.Serializer[Any]):
    """What is to be changed about a person."""

    role = serializers.ChoiceField(Role.choices)


class LimitsSerializer(serializers.Serializer[Any]):
    """The datasets that a person works with."""

    orgs = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_ORG),
        max_length=MOST_NAMED,
        help_text="Organisations: all of their datasets, those to come included.",
    )
    datasets = serializers.ListField(
        child=serializers.CharField(max_length=150), max_length=MOST_NAMED, help_text="Datasets, as ORG/NAME."
    )


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """A link that lets one person make one account, without the link."""

    queues = serializers.ListField(child=serializers.CharField(), help_text="Slugs of the queues they will review in.")
    invited_by = serializers.CharField(source="invited_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Invitation
        fields = ["id", "role", "note", "queues", "invited_by", "created_at", "expires_at"]
        read_only_fields = fields


class MadeInvitationSerializer(InvitationSerializer):
    """An invitation with its link."""

    link = serializers.CharField(
        allow_null=True, help_text="Shown this once, and kept nowhere; null where the call is answered again."
    )

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]


class NewInvitationSerializer(serializers.Serializer[Any]):
    """Whom to invite."""

    role = serializers.ChoiceField(Role.choices, default=Role.ANNOTATOR)
    queues = serializers.ListField(
        child=serializers.SlugRelatedField("slug", queryset=Queue.objects.exclude(state="closed")),
        max_length=100,
        required=False,
        help_text="Slugs of queues that they can review in at once. Researchers review in none.",
    )
    note = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Who it is for, to tell invitations apart."
    )
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=7, help_text="Until it expires.")
