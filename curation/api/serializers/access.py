"""Terms of gated datasets, who was let in, and how often versions were downloaded."""

from typing import Any

from rest_framework import serializers

from curation.access.actions.terms import LONGEST_TERMS
from curation.access.models import AccessTerms, Grant
from curation.api.serializers.fields import Plain, YesNo
from curation.releases.actions.approving import LONGEST_REASON

DECISIONS = [("grant", "grant"), ("decline", "decline"), ("revoke", "revoke")]


class TermsSerializer(serializers.ModelSerializer[AccessTerms]):
    """The terms of a gated dataset that hold."""

    class Meta:
        model = AccessTerms
        fields = ["number", "text", "by_request", "written_at"]


class NewTermsSerializer(serializers.Serializer[Any]):
    """Terms to hold from now on."""

    text = Plain(max_length=LONGEST_TERMS, help_text="What people agree to. Everybody can read it.")
    by_request = YesNo(
        default=False, help_text="Whether curators let people in one by one; otherwise accepting is enough."
    )
    anew = YesNo(default=True, help_text="Whether those with access have to accept these, and have none until then.")


class GrantSerializer(serializers.ModelSerializer[Grant]):
    """That somebody accepted terms or asked for access, and what came of it."""

    person = serializers.CharField(source="person.username")
    terms = serializers.IntegerField(source="terms.number", help_text="The number of the terms that were accepted.")
    decided_by = serializers.CharField(
        source="decided_by.username",
        allow_null=True,
        default=None,
        help_text="Null where accepting the terms was enough.",
    )

    class Meta:
        model = Grant
        fields = ["id", "person", "terms", "purpose", "state", "asked_at", "decided_by", "decided_at", "reason"]


class GrantDecisionSerializer(serializers.Serializer[Any]):
    """What a curator decides."""

    move = serializers.ChoiceField(DECISIONS, help_text="Let in or decline who waits; revoke what somebody has.")
    reason = Plain(max_length=LONGEST_REASON, allow_blank=True, default="", help_text="Needed to decline or revoke.")


class DownloadsSerializer(serializers.Serializer[Any]):
    """How many clients downloaded rows of a version on a day."""

    day = serializers.DateField(help_text="In UTC.")
    count = serializers.IntegerField()
