"""Which stories a version takes, what that comes to, and how good they are."""

from typing import Any

from rest_framework import serializers

from curation.releases.models import LeftOut
from curation.releases.models.rerating import MOST_DRAWN
from curation.releases.queries.choosing import MOST_CAP, MOST_NAMES
from curation.releases.queries.outlook import Coverage
from curation.releases.story_ids import public_id


def names(said: str, *, blank: bool = False) -> serializers.ListField:
    """Return a field for some names."""
    child = serializers.CharField(max_length=160, allow_blank=blank, trim_whitespace=False)
    return serializers.ListField(child=child, required=False, max_length=MOST_NAMES, help_text=said)


def most(said: str) -> serializers.IntegerField:
    """Return a field for a cap."""
    return serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_CAP, help_text=said)


class ReleaseSelectionSerializer(serializers.Serializer[Any]):
    """Which of the accepted stories a version takes; a part that is left out, empty or null narrows nothing."""

    rubric = serializers.IntegerField(required=False, allow_null=True, help_text="Null: the newest in use.")
    policy = serializers.IntegerField(required=False, allow_null=True, help_text="Null: any of the rubric.")
    sources = names("By their short names.")
    principles = names("By their keys; a story needs one of them.")
    themes = names("By their keys; a story needs one of them.")
    tiers = names("Of accepted stories.")
    generators = names("An empty one is of stories that name none.", blank=True)
    per_principle = most("The most stories of one principle.")
    per_theme = most("The most stories of one theme.")
    per_generator = most("The most stories by one generator.")
    one_per_cluster = serializers.BooleanField(required=False, help_text="Take the best of near duplicates alone.")
    rewrites = serializers.BooleanField(
        required=False, help_text="Also take what was sent to rewrite, which was not accepted, as tier `bronze`."
    )


class NewPreviewSerializer(serializers.Serializer[Any]):
    """What to look at."""

    version = serializers.CharField(
        required=False, max_length=24, help_text="As v1.2.3; says which line a PATCH corrects."
    )
    selection = ReleaseSelectionSerializer(
        required=False, allow_null=True, help_text="Null, or left out: that of the version before."
    )
    only_corrects = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Whether it takes no story that the version before of its MINOR does not have.",
    )


class CoverageSerializer(serializers.Serializer[Coverage]):
    """How many stories go in by principle and theme; a story of several counts in each, an empty key is of those
    without one."""

    themes = serializers.ListField(child=serializers.CharField(allow_blank=True))
    principles = serializers.SerializerMethodField(help_text="By principle: a number for each of `themes`.")

    def get_principles(self, found: Coverage) -> dict[str, list[int]]:
        """Return the rows."""
        return dict(found.rows)


class EstimateSerializer(serializers.Serializer[Any]):
    """An estimate with its 95 percent interval; null where too few stories say."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    stories = serializers.IntegerField()


class ReleaseQualitySerializer(serializers.Serializer[Any]):
    """What people say of a version who rated some of its stories once more. It decides nothing."""

    version = serializers.CharField()
    drawn = serializers.IntegerField(help_text="So many of its stories were drawn at random.")
    of = serializers.IntegerField(help_text="Of so many.")
    rated = serializers.IntegerField(help_text="So many have all their re-ratings.")
    accepted = EstimateSerializer(help_text="The share that the policy would accept on the re-ratings alone.")
    differences = serializers.DictField(
        child=EstimateSerializer(), help_text="By criterion: re-rating less decision, in rating points."
    )


class NewReratingSerializer(serializers.Serializer[Any]):
    """How many stories are to be rated once more, and in which queue."""

    name = serializers.CharField(max_length=120, help_text="Of the queue. Its reviewers see it.")
    stories = serializers.IntegerField(min_value=1, max_value=MOST_DRAWN)
    overlap = serializers.IntegerField(default=2, min_value=1, max_value=5, help_text="Reviews per story.")


class ReratingSampleSerializer(serializers.Serializer[Any]):
    """What was drawn."""

    queue = serializers.CharField(source="queue.slug")
    stories = serializers.IntegerField(help_text="So many were drawn.")
    of = serializers.IntegerField(help_text="Of so many in the version.")
    drawn_at = serializers.DateTimeField()


class LeftOutSerializer(serializers.ModelSerializer[LeftOut]):
    """A story that a version could have had and did not take."""

    story_id = serializers.SerializerMethodField(help_text="As in the files of versions.")
    instead = serializers.SerializerMethodField(help_text="The near duplicate that went in; null otherwise.")
    detail = serializers.CharField(help_text="The principle, theme or generator of which there were enough.")

    class Meta:
        model = LeftOut
        fields = ["story_id", "reason", "detail", "instead"]
        read_only_fields = fields

    def get_story_id(self, row: LeftOut) -> str:
        """Return the story's public id."""
        return public_id(row.story.normal_sha256)

    def get_instead(self, row: LeftOut) -> str | None:
        """Return the public id of the other."""
        return public_id(row.instead.normal_sha256) if row.instead else None
