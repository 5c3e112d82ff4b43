"""Datasets with ratings from another tool: what a file holds, what is to become of it, and how it goes."""

from typing import Any

from rest_framework import serializers

from annotations.models import Review
from annotations.models.review import Origin
from curation.api.serializers.fields import Plain
from curation.api.serializers.told import ReadReviewSerializer
from curation.ratings_import.fetching import fetch_fault_in_words
from curation.ratings_import.models import DatasetFetch, DatasetFetchState, NotKept, RatingsImport, RatingsImportState
from curation.ratings_import.models.not_kept import What, Why
from curation.ratings_import.shapes import ExportShape, Kind


class UploadNameSerializer(serializers.Serializer[Any]):
    """What lists call a file."""

    name = serializers.CharField(max_length=200, help_text="The file's name, as tales.zip.")


class RatingsTargetSerializer(serializers.Serializer[Any]):
    """What one question becomes."""

    becomes = serializers.CharField(
        max_length=60, help_text="`criterion:KEY`, `comment`, `marks` (themes, flags and passages) or `nothing`."
    )
    options = serializers.DictField(
        child=serializers.CharField(max_length=60),
        default=dict,
        help_text="What each of its values becomes: a rating from `1` to `5`, `na`, `flag:KEY`, `theme:KEY` or, of "
        "marked passages, `criterion:KEY`. What is left out is not kept, and listed.",
    )


class RatingsPlanSerializer(serializers.Serializer[Any]):
    """What becomes of a dataset."""

    columns = serializers.DictField(
        child=serializers.CharField(max_length=200), help_text="Which column each field of a story is read from."
    )
    targets = serializers.DictField(child=RatingsTargetSerializer(), help_text="What each question becomes.")


class DatasetQuestionSerializer(serializers.Serializer[Any]):
    """A question of the dataset."""

    name = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    title = serializers.CharField(source="shown")
    options = serializers.DictField(child=serializers.CharField(), help_text="Its values, and what they are shown as.")


class RatingsLookSerializer(serializers.Serializer[Any]):
    """What a file holds, and what would become of it if nothing else is said."""

    upload = serializers.CharField(help_text="Stands for the file in the call that imports it, for a day.")
    shape = serializers.ChoiceField([shape.value for shape in ExportShape])
    rows = serializers.IntegerField(help_text="How many records were looked at.")
    whole = serializers.BooleanField(help_text="Whether those were all.")
    questions = DatasetQuestionSerializer(many=True)
    people = serializers.DictField(child=serializers.IntegerField(), help_text="Who answered, and how often.")
    names = serializers.DictField(
        child=serializers.CharField(), help_text="What those are called who answered, where the file says so."
    )
    agents = serializers.DictField(child=serializers.IntegerField(), help_text="Which models suggested, and how often.")
    plan = RatingsPlanSerializer()


class DatasetThereSerializer(serializers.Serializer[Any]):
    """A dataset of an Argilla server."""

    name = serializers.CharField()
    published = serializers.BooleanField(help_text="Whether it is published there; if not, it has no records yet.")
    changed_at = serializers.DateTimeField(help_text="When something happened in it last, by the clock there.")
    link = serializers.IntegerField(
        allow_null=True, help_text="The link by which a queue of ours is reviewed in it. Such a one is not fetched."
    )


class NewDatasetFetchSerializer(serializers.Serializer[Any]):
    """A dataset to fetch."""

    server = serializers.IntegerField(min_value=1)
    name = Plain(max_length=200, help_text="What the dataset is called there.")


class DatasetFetchSerializer(serializers.ModelSerializer[DatasetFetch]):
    """A dataset of an Argilla server on its way here."""

    server = serializers.IntegerField(source="server_id")
    state = serializers.ChoiceField(DatasetFetchState.choices)
    records_total = serializers.IntegerField(help_text="Of how many; 0 while that is not known.")
    problem = serializers.SerializerMethodField(help_text="What is in the way, and what to do; empty if nothing is.")
    by = serializers.CharField(source="created_by.shown_name", allow_null=True, default=None)

    class Meta:
        model = DatasetFetch
        fields = [
            "id", "server", "name", "state", "records_done", "records_total", "file_size", "problem", "by",
            "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_problem(self, row: DatasetFetch) -> str:
        """Return the reason in the caller's language."""
        return fetch_fault_in_words(row.error)


class NewRatingsImportSerializer(serializers.Serializer[Any]):
    """A dataset to import."""

    upload = serializers.CharField(max_length=2_000, help_text="What the file's call answered.")
    name = serializers.CharField(max_length=120, help_text="What the dataset, and a rubric made of it, is called.")
    source = serializers.CharField(  # type: ignore[assignment]  # the name is one of DRF's own too
        max_length=160, default="", help_text="Where the stories come from, by default the dataset's own name."
    )
    license = serializers.CharField(max_length=80, default="", help_text="Of records that name none.")
    rubric_id = serializers.IntegerField(
        allow_null=True, default=None, help_text="Null: one is made of the questions, and `plan.targets` is not read."
    )
    plan = RatingsPlanSerializer(required=False)
    people = serializers.DictField(
        child=serializers.CharField(max_length=150), default=dict, help_text="Who somebody there is here, by user name."
    )
    blind = serializers.BooleanField(
        default=False, help_text="Whoever answered saw no suggestion and nothing of what others said."
    )


class RatingsImportSerializer(serializers.ModelSerializer[RatingsImport]):
    """An import of a dataset with ratings, and how far it is."""

    import_id = serializers.IntegerField(source="run_id", help_text="The import of its stories.")
    state = serializers.ChoiceField(RatingsImportState.choices)
    origin = serializers.ChoiceField(Origin.choices)
    queue = serializers.CharField(source="queue.slug", help_text="The closed queue in which its reviews lie.")
    stories = serializers.IntegerField(source="run.created", help_text="How many stories were new.")
    reviews_there = serializers.IntegerField(help_text="How many reviews an earlier import had brought.")
    scores_there = serializers.IntegerField(help_text="How many scores were there already.")
    not_kept = serializers.IntegerField(help_text="How much of it has no place here; it is listed.")
    by = serializers.CharField(source="created_by.shown_name", allow_null=True, default=None)

    class Meta:
        model = RatingsImport
        fields = [
            "id", "name", "origin", "import_id", "state", "rubric_id", "queue", "blind", "rows_done", "stories",
            "reviews", "reviews_there", "scores", "scores_there", "not_kept", "error", "by", "created_at",
            "finished_at",
        ]  # fmt: skip


class NotKeptSerializer(serializers.ModelSerializer[NotKept]):
    """Something that was not kept, and why. What it said stands in the file alone."""

    what = serializers.ChoiceField(What.choices)
    why = serializers.ChoiceField(Why.choices)
    reason = serializers.CharField(source="get_why_display")

    class Meta:
        model = NotKept
        fields = ["row", "record", "what", "question", "who", "why", "reason"]


class ImportedReviewSerializer(ReadReviewSerializer):
    """A review that somebody wrote in another tool."""

    rubric_id = serializers.IntegerField()

    class Meta:
        model = Review
