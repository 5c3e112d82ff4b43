"""Stories as lists and as a whole, with what was found in them, and what is known of them."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import LARGEST_KEY, Key, Language, Plain
from curation.audit.models import Entry
from curation.core.stored_translations import translate_stored
from curation.stories.actions.checking import FORMS
from curation.stories.models import Check, Story, Tag
from curation.stories.models.check import CheckVerdict
from curation.stories.models.lineage import LineageKind
from curation.stories.models.tag import TagKind, TagSource
from curation.stories.stages import State

MOST_TAGS, MOST_STORIES = 20, 1_000
# What the history of a story tells of an entry besides its verb.
TOLD = ("from", "to", "kind", "key", "outcome")


class StoryFilterSerializer(serializers.Serializer[Any]):
    """Which stories a list shows; all that are given must fit."""

    words = serializers.CharField(
        required=False,
        max_length=200,
        help_text='Words in title or text; also `"in a row"`, `or`, `-without`.',
    )
    source = serializers.CharField(  # type: ignore[assignment]  # the name is one of DRF's own too
        required=False, max_length=80, help_text="The short name of a source."
    )
    language = Language(required=False)
    state = serializers.ChoiceField(State.choices, required=False)
    principle = serializers.CharField(required=False, max_length=80, help_text="The key of a principle.")
    theme = serializers.CharField(required=False, max_length=80, help_text="The key of a theme.")
    finding = serializers.CharField(
        required=False, max_length=32, help_text="What a check found, such as `near_duplicate` or `truncated`."
    )
    flag = serializers.CharField(
        required=False,
        max_length=80,
        help_text="The key of a flag that a reader raised. Who asks sees what readers said, and is given none of the "
        "stories on the page to review any more.",
    )
    import_id = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY, help_text="An import.")


class TagSerializer(serializers.ModelSerializer[Tag]):
    """What a story is about, according to whom."""

    kind = serializers.ChoiceField(TagKind.choices)
    key = serializers.CharField(help_text="The key of a principle or theme, or the words of a content note.")
    source = serializers.ChoiceField(  # type: ignore[assignment]
        TagSource.choices, help_text="Who said so."
    )

    class Meta:
        model = Tag
        fields = ["kind", "key", "source"]


class NewTagSerializer(serializers.Serializer[Any]):
    """A tag to be put on stories."""

    kind = serializers.ChoiceField(TagKind.choices)
    key = Plain(max_length=80, help_text="The key or name of a principle or theme, or the words of a content note.")


class NewTagsSerializer(serializers.Serializer[Any]):
    """Tags to be put on a story."""

    tags = serializers.ListField(child=NewTagSerializer(), min_length=1, max_length=MOST_TAGS)


class BulkTagsSerializer(NewTagsSerializer):
    """Tags to be put on many stories."""

    stories = serializers.ListField(child=Key(), min_length=1, max_length=MOST_STORIES)


class TaggedSerializer(serializers.Serializer[Any]):
    """What became of it."""

    added = serializers.IntegerField(help_text="How many tags are new; those that were there already are not counted.")


class ListedStorySerializer(serializers.ModelSerializer[Story]):
    """A story as a list shows it, without its text."""

    source = serializers.CharField(  # type: ignore[assignment]
        source="source.name", help_text="The short name of its source."
    )
    opening = serializers.CharField(help_text="The beginning of the text.")
    state = serializers.ChoiceField(
        State.choices,
        source="told",
        help_text="How far it is. While you may still be asked to review it, no outcome is told.",
    )
    import_id = serializers.IntegerField(source="import_run_id", allow_null=True, help_text="The import it came by.")
    row = serializers.IntegerField(allow_null=True, help_text="Its row in the imported file, from 1.")
    tags = TagSerializer(many=True)
    findings = serializers.ListField(child=serializers.CharField(), help_text="Kinds of what checks found.")
    flags = serializers.ListField(
        child=serializers.CharField(),
        source="raised",
        help_text="Keys of flags that readers raised, where it is on record that you saw what they said.",
    )

    class Meta:
        model = Story
        fields = [
            "id", "title", "opening", "source", "state", "language", "license", "genre", "n_words", "n_chars",
            "original_id", "import_id", "row", "tags", "findings", "flags", "created_at",
        ]  # fmt: skip


class CheckSerializer(serializers.ModelSerializer[Check]):
    """What a check found."""

    kind = serializers.CharField(help_text="Such as `near_duplicate`, `scaffold_leak` or `truncated`.")
    verdict = serializers.ChoiceField(CheckVerdict.choices)
    reason = serializers.SerializerMethodField()
    start = serializers.IntegerField(allow_null=True, help_text="Where the passage begins, in code points from 0.")
    end = serializers.IntegerField(allow_null=True, help_text="Where it ends; the code point there is not part of it.")
    quote = serializers.CharField(help_text="The passage.")
    other_id = serializers.IntegerField(allow_null=True, help_text="The story that this one is too near to.")

    class Meta:
        model = Check
        fields = ["kind", "verdict", "reason", "start", "end", "quote", "other_id"]

    def get_reason(self, check: Check) -> str:
        """Tell it in the reader's language."""
        return translate_stored(check.reason, FORMS)


class RelativeSerializer(serializers.Serializer[Any]):
    """Another story that this one was made from, or that was made from it."""

    id = serializers.IntegerField()
    title = serializers.CharField(help_text="Empty for a story without one.")
    kind = serializers.ChoiceField(LineageKind.choices, help_text="How the later one came from the earlier.")


class LineageSerializer(serializers.Serializer[Any]):
    """How a story descends from others."""

    made_from = RelativeSerializer(many=True)
    made_into = RelativeSerializer(many=True)


class StorySerializer(ListedStorySerializer):
    """A story with its text, where it comes from, and what checks found."""

    original = serializers.DictField(
        child=serializers.JSONField(), help_text="Columns of the imported row that are no field of a story."
    )
    checks = CheckSerializer(many=True, source="found", help_text="What checks found, in the order of the text.")
    lineage = LineageSerializer(source="descent")
    n_reviews = serializers.IntegerField(
        allow_null=True, help_text="How many reviews are in; null while you may still be asked for yours."
    )

    class Meta:
        model = Story
        fields = [
            *ListedStorySerializer.Meta.fields,
            "text", "text_sha256", "normal_sha256", "setting", "pov", "tone", "protagonist", "generator", "prompt",
            "original", "checks", "lineage", "n_reviews",
        ]  # fmt: skip


class HistorySerializer(serializers.ModelSerializer[Entry]):
    """Something that was done to a story."""

    verb = serializers.CharField(help_text="What was done, such as `story.moved` or `story.tagged`.")
    by = serializers.SerializerMethodField(help_text="Who did it, as pages name them; null where nobody did.")
    details = serializers.SerializerMethodField(help_text="What belongs to the verb, such as the states.")

    class Meta:
        model = Entry
        fields = ["id", "at", "verb", "by", "details"]

    def get_by(self, entry: Entry) -> str | None:
        """Name the person."""
        return entry.actor.shown_name if entry.actor else None

    def get_details(self, entry: Entry) -> dict[str, str]:
        """Return what the story's page tells of it, and no more."""
        return {name: str(entry.data[name]) for name in TOLD if entry.data.get(name)}
