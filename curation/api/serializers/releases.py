"""Datasets, their releases, and what is in those."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.api.serializers.selection import CoverageSerializer, ReleaseSelectionSerializer
from curation.releases.actions.datasets import DEFAULT_LICENSE, MOST_AUTHORS
from curation.releases.formats import PURPOSES
from curation.releases.forms import MOST_CHARS
from curation.releases.licences import KNOWN
from curation.releases.manifest import rows_by_split
from curation.releases.models import Dataset, Release, ReleaseFile
from curation.releases.models.dataset import LONGEST_AUTHOR, Visibility
from curation.releases.names import LONGEST_NAME, LONGEST_ORG
from curation.releases.queries.candidates import ReleasePlan
from curation.releases.queries.outlook import Outlook

A_VERSION = "MAJOR when the schema, rubric or policy changed, MINOR when stories were added, PATCH otherwise."


class DatasetFilter(serializers.Serializer[Any]):
    """Which datasets to list."""

    org = serializers.CharField(required=False, max_length=LONGEST_ORG, help_text="Only of this organisation.")


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    """A dataset: a name under which versions are released."""

    newest = serializers.SerializerMethodField(help_text="Its newest version that is built.")

    class Meta:
        model = Dataset
        fields = [
            *("org", "name", "title", "description", "authors", "doi", "license", "visibility", "created_at", "newest")
        ]
        read_only_fields = fields

    def get_newest(self, dataset: Any) -> str | None:
        """Return the version that `newest_version` found."""
        found: Sequence[Release] = dataset.newest
        return found[0].version if found else None


class DescriptionSerializer(serializers.Serializer[Any]):
    """What a dataset says of itself; what is left out stays."""

    title = serializers.CharField(max_length=160, required=False, allow_blank=True, help_text="As the card shows it.")
    description = serializers.CharField(
        max_length=MOST_CHARS, required=False, allow_blank=True, help_text="What the card begins with."
    )
    authors = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_AUTHOR),
        max_length=MOST_AUTHORS,
        required=False,
        help_text="Who is named when it is cited; with nobody, the organisation is.",
    )
    doi = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Such as 10.1234/abc.")


class NewDatasetSerializer(DescriptionSerializer):
    """What makes a dataset."""

    org = serializers.CharField(max_length=LONGEST_ORG, help_text="The part before the slash. It cannot change later.")
    name = serializers.CharField(max_length=LONGEST_NAME, help_text="The part after the slash, and never used again.")
    license = serializers.ChoiceField(KNOWN, default=DEFAULT_LICENSE, help_text="By its SPDX identifier.")
    visibility = serializers.ChoiceField(
        Visibility.choices,
        default=Visibility.PRIVATE,
        help_text="`public`: everyone, without an account too; `signed-in`: who signs in; `gated`: whoever was "
        "let in; `private`: curators, admins and researchers.",
    )


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A version of a dataset, and how far its build is."""

    version = serializers.CharField()
    created_by = serializers.CharField(
        source="created_by.username",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="Null for a command of the server.",
    )
    rows_total = serializers.IntegerField(help_text="How many stories it has, or will have; 0 until they are counted.")
    rows_done = serializers.IntegerField(help_text="How many of them are written.")
    error = serializers.CharField(help_text="Why it failed; empty otherwise.")

    class Meta:
        model = Release
        fields = [
            "version",
            "state",
            "notes",
            "formats",
            "only_corrects",
            "rows_total",
            "rows_done",
            "error",
            "manifest_sha256",
            "created_by",
            "created_at",
            "built_at",
        ]
        read_only_fields = fields


class NewReleaseSerializer(serializers.Serializer[Any]):
    """What a version is asked for with."""

    version = serializers.CharField(max_length=24, help_text=f"As v1.2.3. {A_VERSION}")
    notes = serializers.CharField(
        max_length=MOST_CHARS, required=False, allow_blank=True, help_text="Goes into the changelog and the card."
    )
    formats = serializers.ListField(
        child=serializers.ChoiceField(list(PURPOSES)),
        required=False,
        help_text="Formats of the stories besides Parquet. Left out: those of the version before.",
    )
    selection = ReleaseSelectionSerializer(
        required=False, allow_null=True, help_text="Null, or left out: that of the version before."
    )
    only_corrects = serializers.BooleanField(
        required=False,
        help_text="Whether it takes no story that the version before of its MINOR does not have. For a PATCH alone.",
    )


class CountsSerializer(serializers.Serializer[Any]):
    """How many of every kind."""

    stories = serializers.IntegerField()
    words = serializers.IntegerField()
    reviews = serializers.IntegerField()
    annotators = serializers.IntegerField()
    splits = serializers.DictField(child=serializers.IntegerField())
    tiers = serializers.DictField(child=serializers.IntegerField())
    languages = serializers.DictField(child=serializers.IntegerField())
    generators = serializers.DictField(child=serializers.IntegerField())
    sources = serializers.DictField(child=serializers.IntegerField())
    licenses = serializers.DictField(child=serializers.IntegerField())
    ratings = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        required=False,
        help_text="By criterion: how often N/A, 1, 2, 3, 4 and 5 were given.",
    )


class AlphaSerializer(serializers.Serializer[Any]):
    """Krippendorff's alpha of a criterion, with its 95 percent interval; null where too few stories say."""

    alpha = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    stories = serializers.IntegerField(help_text="How many stories were rated twice.")


class ChangeSerializer(serializers.Serializer[Any]):
    """What is new in a version."""

    stories = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    rubric = serializers.CharField()
    policy = serializers.CharField()


class FiguresSerializer(serializers.Serializer[Any]):
    """What was frozen with the rows of a version."""

    date = serializers.DateField()
    license = serializers.CharField(source="dataset.license")
    counts = CountsSerializer()
    agreement = serializers.DictField(child=AlphaSerializer(), required=False, help_text="By criterion.")
    change = serializers.SerializerMethodField()

    @extend_schema_field(ChangeSerializer)
    def get_change(self, frozen: Any) -> Any:
        """Return the newest entry of the changelog."""
        return ChangeSerializer(frozen["changelog"][0]).data


class WholeReleaseSerializer(ReleaseSerializer):
    """A version with its figures."""

    figures = serializers.SerializerMethodField(help_text="Null until its rows are frozen.")
    rows = serializers.SerializerMethodField(help_text="By config and split; empty until it is built.")
    selection = serializers.SerializerMethodField(help_text="What it was asked to take.")
    left_out = serializers.SerializerMethodField(
        help_text="By reason: accepted stories that it did not take; empty until its rows are frozen."
    )

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "figures", "rows", "selection", "left_out"]

    @extend_schema_field(ReleaseSelectionSerializer)
    def get_selection(self, release: Release) -> Any:
        """Return what was asked for."""
        return release.selection.choice.as_data()

    def get_left_out(self, release: Release) -> dict[str, int]:
        """Return how many stories were left out."""
        return dict(release.frozen.get("selection", {}).get("left_out", {}))

    @extend_schema_field(FiguresSerializer(allow_null=True))
    def get_figures(self, release: Release) -> Any:
        """Return what is frozen."""
        return FiguresSerializer(release.frozen).data if release.frozen else None

    def get_rows(self, release: Release) -> dict[str, dict[str, int]]:
        """Return how many rows its files have."""
        return rows_by_split(release.manifest or {"files": []})


class ReleaseFileSerializer(serializers.ModelSerializer[ReleaseFile]):
    """A file of a release."""

    sha256 = serializers.CharField(source="blob_id", help_text="Of its bytes, in hexadecimal.")
    git_sha1 = serializers.CharField(source="blob.git_sha1", help_text="The name that git gives its bytes.")
    size = serializers.IntegerField(source="blob.size", help_text="In bytes.")
    purged = serializers.BooleanField(
        source="is_purged", help_text="Whether its bytes were destroyed, with a story that they had."
    )

    class Meta:
        model = ReleaseFile
        fields = ["path", "size", "sha256", "git_sha1", "purged"]
        read_only_fields = fields


class OutlookFilter(serializers.Serializer[Any]):
    """What to work out."""

    agreement = serializers.BooleanField(
        default=False, help_text="Also say which criterion reviewers agree on least; for many stories it takes a while."
    )


class ConsentsSerializer(serializers.Serializer[Any]):
    """How many reviews, and people behind them, may be published by themselves."""

    reviews = serializers.IntegerField()
    published_reviews = serializers.IntegerField()
    people = serializers.IntegerField()
    published_people = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="Stories none of whose ratings may be published by themselves.")


class WeakestSerializer(serializers.Serializer[Any]):
    """The criterion that reviewers agree on least, with the 95 percent interval of its alpha."""

    key = serializers.CharField()
    name = serializers.CharField()
    alpha = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class OutlookSerializer(serializers.Serializer[Any]):
    """The next version as it stands now."""

    version = serializers.CharField(help_text="The smallest that does not understate the change.")
    previous = serializers.CharField(allow_null=True, help_text="The version before it; null for a first one.")
    blockers = serializers.ListField(
        child=serializers.CharField(), help_text="What has to be resolved first, in words; with none it can be made."
    )
    stories = serializers.IntegerField()
    added = serializers.IntegerField(help_text="Stories that `previous` does not have.")
    removed = serializers.IntegerField(help_text="Stories of `previous` that it will not have.")
    selection = ReleaseSelectionSerializer(help_text="What it would be asked to take.")
    left_out = serializers.IntegerField(help_text="Accepted stories that were judged under another rubric.")
    left_out_by_reason = serializers.DictField(
        child=serializers.IntegerField(), help_text="All accepted stories that do not go in, by the reason."
    )
    tiers = serializers.DictField(child=serializers.IntegerField(), help_text="Stories that go in, by their tier.")
    added_by_reason = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of those added, what `previous` left out, by its reason."
    )
    removed_by_reason = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="By the reason; `decision` for those that nothing accepts any more.",
    )
    decided_anew = serializers.IntegerField(help_text="Stories that stay, by another decision than in `previous`.")
    reselected = serializers.BooleanField(help_text="Whether it asks for another selection than `previous`.")
    coverage = CoverageSerializer()
    breaking = serializers.BooleanField(help_text="Whether the schema, rubric or policy changed.")
    needs_notes = serializers.BooleanField(
        help_text="Whether its stories are those of `previous`: then notes have to say why."
    )
    added_titles = serializers.ListField(child=serializers.CharField(), help_text="The first few that you may see.")
    removed_titles = serializers.ListField(child=serializers.CharField(), help_text="The first few that you may see.")
    unlicensed = serializers.DictField(
        child=serializers.IntegerField(), help_text="By source: stories without a known licence."
    )
    consents = ConsentsSerializer()
    weakest = WeakestSerializer(allow_null=True, help_text="Null unless asked for, and where too few stories say.")


def as_outlook(plan: ReleasePlan, look: Outlook) -> Any:
    """Return the representation of what would be released."""
    said = {
        "version": str(plan.least),
        "previous": plan.previous.version if plan.previous else None,
        "blockers": plan.blockers,
        "stories": plan.stories,
        "added": plan.added,
        "removed": plan.removed,
        "selection": plan.choice.as_data(),
        "left_out": plan.left_out.get("rubric", 0),
        "left_out_by_reason": plan.left_out,
        "tiers": plan.tiers,
        "added_by_reason": plan.added_by_reason,
        "removed_by_reason": plan.removed_by_reason,
        "decided_anew": plan.decided_anew,
        "reselected": plan.reselected,
        "coverage": look.coverage,
        "breaking": plan.breaking,
        "needs_notes": bool(plan.unchanged),
        "added_titles": [one.title for one in look.added],
        "removed_titles": [one.title for one in look.removed],
        "unlicensed": look.unlicensed,
        "consents": look.consents,
        "weakest": look.weakest,
    }
    return OutlookSerializer(said).data
