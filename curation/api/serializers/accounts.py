"""People and tokens."""

from typing import Any

from rest_framework import serializers

from curation.accounts.models import Role, Scope, Token


class MeSerializer(serializers.Serializer[Any]):
    """Who calls, and what they may do."""

    username = serializers.CharField(help_text="The name to sign in by.")
    display_name = serializers.CharField(source="shown_name", help_text="The name that pages show.")
    role = serializers.ChoiceField(Role.choices)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices), help_text="What this call's token may do; a session may all."
    )
    token_id = serializers.IntegerField(allow_null=True, help_text="The id of this call's token; null for a session.")


class TokenSerializer(serializers.ModelSerializer[Token]):
    """A token, without its secret."""

    begins = serializers.CharField(source="token_key", help_text="The start of the secret.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")
    is_live = serializers.BooleanField(help_text="False once it was revoked or its time is over.")

    class Meta:
        model = Token
        fields = ["id", "name", "begins", "scopes", "created_at", "expires_at", "last_used_at", "is_live"]
