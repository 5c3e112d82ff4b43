"""Argilla servers, the queues that are linked to them, and who answers there. A key goes in, and never comes out."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Plain
from curation.argilla.actions.servers import LONGEST_KEY
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaServer, Link, LinkState
from curation.argilla.queries import by_the_minute, counts_of
from curation.argilla.telling import reason_in_words


class ArgillaServerSerializer(serializers.ModelSerializer[ArgillaServer]):
    """A workspace of an Argilla server."""

    class Meta:
        model = ArgillaServer
        fields = ["id", "name", "url", "workspace", "verify_tls", "key_set_at", "created_at"]
        read_only_fields = fields


class NewArgillaKeySerializer(serializers.Serializer[Any]):
    """A key."""

    key = Plain(max_length=LONGEST_KEY, help_text="Stored encrypted, and told nobody again.")


class NewArgillaServerSerializer(NewArgillaKeySerializer):
    """A server to add."""

    name = Plain(max_length=60)
    url = Plain(max_length=300, help_text="Such as https://argilla.example.org.")
    workspace = Plain(max_length=200, help_text="It has to be there.")
    verify_tls = serializers.BooleanField(default=True, help_text="Whether its certificate is looked at.")


class LinkCountsSerializer(serializers.Serializer[Any]):
    """What a link has: records there, and answers by what became of them."""

    records = serializers.IntegerField(help_text="Stories that are there.")
    gone = serializers.IntegerField(help_text="Stories that were there.")
    suggested = serializers.IntegerField(
        help_text="Stories that have or had suggestions there, from whomever: nothing that comes in of them counts."
    )
    reviews = serializers.IntegerField(help_text="Answers that are reviews.")
    waiting = serializers.IntegerField(help_text="Answers that wait.")
    kept = serializers.IntegerField(help_text="Drafts, discards, and answers of accounts that are nobody here.")
    unsettled = serializers.IntegerField(help_text="Accounts that have answered and are nobody's yet.")


class ArgillaLinkSerializer(serializers.ModelSerializer[Link]):
    """A queue that is reviewed on an Argilla server."""

    queue = serializers.CharField(source="queue.slug")
    server = serializers.IntegerField(source="server_id")
    judge = serializers.CharField(source="judge.key", allow_null=True, help_text="Whose scores are shown there.")
    blind = serializers.BooleanField(
        help_text="Whether no scores are sent there. Each review says whether it is blind."
    )
    state = serializers.ChoiceField(LinkState.choices)
    problem = serializers.SerializerMethodField(help_text="What is in the way, and what to do; empty if nothing is.")
    by_the_minute = serializers.SerializerMethodField(
        help_text="Why answers are read by the minute; empty where Argilla tells of each at once."
    )

    class Meta:
        model = Link
        fields = [
            *("id", "queue", "server", "name", "dataset", "judge", "blind", "state", "problem"),
            *("by_the_minute", "published_at", "read_at", "created_at"),
        ]
        read_only_fields = fields

    def get_problem(self, row: Link) -> str:
        """Return the reason in the caller's language."""
        return reason_in_words(row.error)

    def get_by_the_minute(self, row: Link) -> str:
        """Return the reason in the caller's language."""
        return reason_in_words(by_the_minute(row))


class OneArgillaLinkSerializer(ArgillaLinkSerializer):
    """A link, and how it stands."""

    standing = serializers.SerializerMethodField()

    class Meta(ArgillaLinkSerializer.Meta):
        fields = [*ArgillaLinkSerializer.Meta.fields, "standing"]
        read_only_fields = fields

    def get_standing(self, row: Link) -> LinkCountsSerializer:
        """Return its figures."""
        return LinkCountsSerializer(counts_of(row)).data  # type: ignore[return-value]


class NewArgillaLinkSerializer(serializers.Serializer[Any]):
    """A queue to link."""

    queue = Plain(max_length=60, help_text="Its address.")
    server = serializers.IntegerField(min_value=1)
    name = Plain(max_length=200, required=False, default="", help_text="Of the dataset; left out, the queue's address.")
    judge = Plain(
        max_length=60,
        required=False,
        allow_null=True,
        default=None,
        help_text="Whose scores are shown there as suggestions. Then no review from there is blind, and none counts.",
    )


class WaitingAnswerSerializer(serializers.ModelSerializer[ArgillaAnswer]):
    """An answer that waits."""

    story = serializers.IntegerField(source="record.item.story_id")
    account = serializers.CharField(source="account.username")
    reason = serializers.SerializerMethodField(help_text="What it waits for.")

    class Meta:
        model = ArgillaAnswer
        fields = ["id", "story", "account", "there", "changed_at", "reason"]
        read_only_fields = fields

    def get_reason(self, row: ArgillaAnswer) -> str:
        """Return the reason in the caller's language."""
        return reason_in_words(row.reason)


class ArgillaAccountSerializer(serializers.ModelSerializer[ArgillaPerson]):
    """An account there, and who it belongs to here."""

    person = serializers.CharField(source="person.username", allow_null=True, default=None)
    role = serializers.CharField(help_text="Its role there: owner, admin or annotator; empty if that is not known.")
    reads_all = serializers.BooleanField(
        help_text="Whether it may read what everybody answers there, as owners and admins may: nothing from it counts."
    )
    guess = serializers.CharField(
        allow_null=True, default=None, help_text="Who has the same name here and no account there: a hint, no proof."
    )
    consent_asked = serializers.BooleanField(
        source="asked",
        help_text="Whether the person has said here if their ratings may be published; until then no release has them.",
    )

    class Meta:
        model = ArgillaPerson
        fields = [
            *("id", "account", "username", "name", "person", "ignored", "role", "reads_all", "guess", "consent_asked")
        ]
        read_only_fields = fields


class MappedAccountSerializer(serializers.Serializer[Any]):
    """Who an account belongs to."""

    person = Plain(max_length=150, allow_null=True, help_text="A username; null for nobody here.")
