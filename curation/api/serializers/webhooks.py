"""Webhooks: where messages go, and what became of them. A secret is told once, and then never again."""

from typing import Any

from rest_framework import serializers

from curation.webhooks.actions.endpoints import LONGEST_OVERLAP_HOURS, OVERLAP_HOURS
from curation.webhooks.events import EVENTS
from curation.webhooks.faults import fault_in_words
from curation.webhooks.models import Delivery, DeliveryState, Endpoint
from curation.webhooks.models.endpoint import PausedBecause

ONCE = "Told this once, and kept encrypted; null where the call is answered again."


class WebhookSerializer(serializers.ModelSerializer[Endpoint]):
    """An address that messages are sent to."""

    events = serializers.ListField(child=serializers.CharField(), help_text="What it is told of.")
    each_story = serializers.BooleanField(help_text="Whether it is told of each single story that is scored.")
    paused_because = serializers.ChoiceField(
        PausedBecause.choices, allow_blank=True, help_text="Empty unless it is paused."
    )
    former_until = serializers.DateTimeField(allow_null=True, help_text="Until when the secret before signs too.")

    class Meta:
        model = Endpoint
        fields = [
            "id",
            "name",
            "url",
            "events",
            "each_story",
            "paused_at",
            "paused_because",
            "former_until",
            "created_at",
        ]
        read_only_fields = fields


class WebhookSecretSerializer(serializers.Serializer[Any]):
    """An endpoint with a new secret."""

    webhook = WebhookSerializer()
    secret = serializers.CharField(allow_null=True, help_text=ONCE)


class ChangedWebhookSerializer(serializers.Serializer[Any]):
    """What is to be changed about an endpoint; what is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    url = serializers.CharField(
        max_length=500,
        required=False,
        help_text="Begins with https://, has no password in it, and is of no private network.",
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(list(EVENTS)), min_length=1, max_length=len(EVENTS), required=False
    )
    each_story = serializers.BooleanField(required=False)


class NewWebhookSerializer(ChangedWebhookSerializer):
    """An endpoint to add."""

    name = serializers.CharField(max_length=60)
    url = serializers.CharField(
        max_length=500, help_text="Begins with https://, has no password in it, and is of no private network."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(list(EVENTS)),
        min_length=1,
        max_length=len(EVENTS),
        help_text="What to tell it of.",
    )


class NewSecretSerializer(serializers.Serializer[Any]):
    """How long the secret before goes on."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=LONGEST_OVERLAP_HOURS, default=OVERLAP_HOURS, help_text="So long the old one signs too."
    )


class TestedWebhookSerializer(serializers.Serializer[Any]):
    """What became of a test."""

    message = serializers.CharField(help_text="The id that it was sent under.")
    taken = serializers.BooleanField(source="outcome.taken")
    status = serializers.IntegerField(
        source="outcome.status", allow_null=True, help_text="Null where nothing was answered."
    )
    seconds = serializers.FloatField(source="outcome.seconds")
    problem = serializers.SerializerMethodField(help_text="Why it was not taken; empty if it was.")

    def get_problem(self, tested: Any) -> str:
        """Return the reason in the caller's language."""
        return fault_in_words(tested.outcome.error)


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A message on its way to an endpoint."""

    webhook = serializers.IntegerField(source="endpoint_id")
    message = serializers.CharField(source="message.public_id", help_text="The same each time that it is sent.")
    event = serializers.CharField(source="message.event")
    state = serializers.ChoiceField(DeliveryState.choices)
    status = serializers.IntegerField(allow_null=True, help_text="What the last try was answered, in HTTP.")
    problem = serializers.SerializerMethodField(help_text="Why the last try was not taken; empty if it was.")

    class Meta:
        model = Delivery
        fields = ["id", "webhook", "message", "event", "state", "tries", "tried_at", "status", "seconds", "problem"]
        read_only_fields = fields

    def get_problem(self, delivery: Delivery) -> str:
        """Return the reason in the caller's language."""
        return fault_in_words(delivery.error)


class ReplayedSerializer(serializers.Serializer[Any]):
    """What is sent again."""

    messages = serializers.IntegerField(help_text="How many.")
