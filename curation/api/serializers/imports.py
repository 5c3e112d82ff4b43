"""Imports: what is sent, how it goes, and what became of every row."""

from typing import Any

from rest_framework import serializers

from curation.stories.fields import DEFAULTABLE, FIELDS
from curation.stories.models import ImportRun
from curation.stories.models.imports import ImportState
from curation.stories.queries import RowFate, Steps
from curation.stories.telling import row_words

LONGEST_COLUMN = 200
MAP = "map_"


class ImportOptionsSerializer(serializers.Serializer[Any]):
    """How a file is read, beside it in the address. `map_text=completion` says which column a field is in."""

    source = serializers.CharField(  # type: ignore[assignment]  # the name is one of DRF's own too
        max_length=160,
        required=False,
        default="",
        help_text="Where the stories come from, by default the file's own name; made where there is none of this name.",
    )
    name = serializers.CharField(
        max_length=200, required=False, default="batch.jsonl", help_text="What lists call this file."
    )
    encoding = serializers.CharField(
        max_length=16, required=False, default="", help_text="For text that is not UTF-8, such as cp1251."
    )

    def get_fields(self) -> dict[str, Any]:
        """Add what can be said for a whole file, and of which column each field is in."""
        fields = super().get_fields()
        for name in DEFAULTABLE:
            said = f"The {name} of rows that name none."
            fields[name] = serializers.CharField(max_length=FIELDS[name].size, required=False, help_text=said)
        for name in FIELDS:
            said = f"The column that holds the {name.replace('_', ' ')}, where its own name does not say so."
            fields[f"{MAP}{name}"] = serializers.CharField(max_length=LONGEST_COLUMN, required=False, help_text=said)
        return fields


class ImportSerializer(serializers.ModelSerializer[ImportRun]):
    """An import, and how far it is."""

    source = serializers.CharField(source="source.name")  # type: ignore[assignment]
    state = serializers.ChoiceField(ImportState.choices)
    mapping = serializers.DictField(child=serializers.CharField(), help_text="Which column each field is read from.")
    defaults = serializers.DictField(child=serializers.CharField(), help_text="What holds for rows that say nothing.")
    created = serializers.IntegerField(help_text="How many rows became stories.")
    duplicates = serializers.IntegerField(help_text="How many rows tell a story that was there already.")
    rejected = serializers.IntegerField(help_text="How many rows are no story.")
    error = serializers.SerializerMethodField(help_text="Why it failed, or is waiting for another try; else empty.")
    by = serializers.CharField(source="created_by.shown_name", allow_null=True, default=None)

    class Meta:
        model = ImportRun
        fields = [
            "id", "source", "state", "file_name", "file_sha256", "file_size", "file_format", "encoding", "mapping",
            "defaults", "rows_done", "bytes_done", "created", "duplicates", "rejected", "error", "by", "created_at",
            "finished_at",
        ]  # fmt: skip

    def get_error(self, run: ImportRun) -> str:
        """Tell it in the reader's language."""
        return row_words(run.error)


class StepsSerializer(serializers.Serializer[Steps]):
    """How far the stories that an import added have come."""

    stored = serializers.IntegerField()
    checked = serializers.IntegerField()
    scored = serializers.IntegerField()
    blocked = serializers.IntegerField()
    ready = serializers.IntegerField(help_text="How many can be put into a queue.")


class ImportInFullSerializer(ImportSerializer):
    """An import, and how far its stories have come since."""

    steps = StepsSerializer()

    class Meta:
        model = ImportRun
        fields = [*ImportSerializer.Meta.fields, "steps"]


class RowFilterSerializer(serializers.Serializer[Any]):
    """Which rows are shown."""

    result = serializers.ChoiceField(RowFate.choices, required=False)


class RowSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    row = serializers.IntegerField(help_text="Its number in the file, from 1.")
    result = serializers.ChoiceField(RowFate.choices)
    story_id = serializers.IntegerField(
        allow_null=True, help_text="The story it became, or that was there already; null for a rejected row."
    )
    reason = serializers.SerializerMethodField(help_text="Why it was rejected; else empty.")
    excerpt = serializers.CharField(help_text="How a rejected row begins; else empty.")

    def get_reason(self, row: Any) -> str:
        """Tell it in the reader's language."""
        return row_words(row.reason)
