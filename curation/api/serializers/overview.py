"""What a curator sees first: where the stories stand, what to do, what is under way, and how reviewing goes."""

from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.core.statistics import Estimate
from curation.overview.next_steps import NextStep, StepKind
from curation.overview.reviewers import NEWEST, ReviewerShare
from curation.overview.under_way import Kind, Work
from curation.overview.whole import Overview
from curation.stories.stages import State

PAGE = "The path of the page on this site where it is done or mended."


class StateCountSerializer(serializers.Serializer[Any]):
    """How many stories are in a state."""

    state = serializers.ChoiceField(State.choices)
    stories = serializers.IntegerField()


class NextStepSerializer(serializers.Serializer[NextStep]):
    """Something that needs a curator."""

    kind = serializers.ChoiceField(list(get_args(StepKind)))
    count = serializers.IntegerField(source="n", allow_null=True, help_text="How many; null for a single thing.")
    text = serializers.CharField(help_text="What it is, in the caller's language; the count stands before it.")
    page = serializers.CharField(source="url", help_text=PAGE)


class WorkSerializer(serializers.Serializer[Work]):
    """Something that the worker does, or that has stopped."""

    kind = serializers.ChoiceField(list(get_args(Kind)))
    name = serializers.CharField()
    said = serializers.CharField(help_text="How far it is, in words.")
    done = serializers.IntegerField(help_text="Of `total`; for an import these are bytes of the file.")
    total = serializers.IntegerField()
    open = serializers.BooleanField(help_text="Whether anything of it goes on by itself.")
    stopped = serializers.CharField(help_text="What to do about what cannot go on by itself; else empty.")
    held_up = serializers.CharField(help_text="Why it does not get on right now; else empty.")
    page = serializers.CharField(source="url", help_text=PAGE)


class ShareEstimateSerializer(serializers.Serializer[Estimate]):
    """A figure with its 95 percent interval."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField(help_text="How many cases it rests on.")


class ReviewerShareSerializer(serializers.Serializer[ReviewerShare]):
    """How reviewing goes for one person, over the newest reviews of all.

    Agreement and flags are over stories that nobody reads or may still be given; null while there are none.
    """

    username = serializers.CharField(source="user.username")
    display_name = serializers.CharField(source="user.shown_name")
    reviews = serializers.IntegerField(help_text=f"How many of the newest {NEWEST:,} are theirs.")
    words_a_minute = serializers.IntegerField(
        source="pace", allow_null=True, help_text="Of active time; null where none was measured."
    )
    agreement = serializers.SerializerMethodField(
        help_text="Krippendorff's ordinal alpha with the other of a story's first two reviewers; `n` counts stories."
    )
    flagged = serializers.SerializerMethodField(help_text="The share of their reviews that raise a flag.")

    @extend_schema_field(ShareEstimateSerializer(allow_null=True))
    def get_agreement(self, share: ReviewerShare) -> Any:
        """Return it where there is one, with how sure it is."""
        return ShareEstimateSerializer(share.agreement).data if share.agrees else None

    @extend_schema_field(ShareEstimateSerializer(allow_null=True))
    def get_flagged(self, share: ReviewerShare) -> Any:
        """Return it where any review counts."""
        return ShareEstimateSerializer(share.flagged).data if share.flagged.n else None


class OverviewSerializer(serializers.Serializer[Overview]):
    """What the home page of curators shows, to whom it may be told."""

    states = serializers.SerializerMethodField(help_text="Without those of no story.")
    next = NextStepSerializer(many=True, source="steps", help_text="The most urgent first.")
    under_way = WorkSerializer(many=True, source="work", help_text="Failed imports and builds too, until mended.")
    reviewers = ReviewerShareSerializer(many=True, help_text="Those who reviewed most first.")

    @extend_schema_field(StateCountSerializer(many=True))
    def get_states(self, overview: Overview) -> list[dict[str, Any]]:
        """Return the counts in the order of a story's way."""
        return [{"state": state, "stories": count} for state, count in overview.by_state]
