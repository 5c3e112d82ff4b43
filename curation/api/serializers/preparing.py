"""What comes before reviewing: the consent, the practice round and the guidelines."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.models import PracticeAttempt
from annotations.practising import PracticeStory
from curation.api.serializers.fields import Plain, Whole, YesNo
from curation.api.serializers.reviewing import (
    FlagSerializer,
    QuestionSerializer,
    SheetSerializer,
    ThemeSerializer,
    sheet_of,
)


class ConsentPartSerializer(serializers.Serializer[Any]):
    """A part of the text."""

    heading = serializers.CharField()
    points = serializers.ListField(child=serializers.CharField())


class GivenSerializer(serializers.Serializer[Any]):
    """What somebody said to the publication of their ratings."""

    version = serializers.IntegerField(help_text="The version of the text that they had read.")
    publish = serializers.BooleanField()
    at = serializers.DateTimeField()


class ConsentSerializer(serializers.Serializer[Any]):
    """The text about what is published of ratings, and your answer to it."""

    version = serializers.IntegerField()
    language = serializers.CharField(help_text="The language that the text is in.")
    title = serializers.CharField()
    lead = serializers.CharField()
    sections = ConsentPartSerializer(many=True)
    answer = GivenSerializer(allow_null=True, help_text="Your latest, to whichever version; null: none yet.")


class NewConsentSerializer(serializers.Serializer[Any]):
    """An answer to the consent. Yes and no are both fine."""

    version = Whole(min_value=1, max_value=32_767, help_text="The version that was read.")
    publish = YesNo()
    language = Plain(max_length=16, default="en", help_text="The language in which it was read.")


class PracticeRowSerializer(serializers.Serializer[Any]):
    """A practice story, and how your latest attempt compares with an expert's ratings."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    n_words = serializers.IntegerField()
    language = serializers.CharField()
    compared = serializers.IntegerField(allow_null=True, help_text="Ratings compared; null: not tried yet.")
    exact = serializers.IntegerField(allow_null=True, help_text="Those that are the expert's.")
    within_one = serializers.IntegerField(allow_null=True, help_text="Those at most one apart.")


class PracticeSerializer(serializers.Serializer[Any]):
    """The practice round, and how you stand in it."""

    practised = serializers.BooleanField(help_text="Whether you have passed it, ever.")
    share = serializers.FloatField(help_text="The share of your ratings that are at most one apart, 0 to 1.")
    enough = serializers.FloatField(help_text="The share to pass with, once all stories are rated.")
    stories = PracticeRowSerializer(many=True)


class PracticeStorySerializer(serializers.Serializer[Any]):
    """A practice story to read and rate."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    language = serializers.CharField()
    n_words = serializers.IntegerField()
    principles = serializers.ListField(child=serializers.CharField(), help_text="Keys, as the expert tagged it.")
    sheet = serializers.SerializerMethodField()

    @extend_schema_field(SheetSerializer)
    def get_sheet(self, story: PracticeStory) -> dict[str, Any]:
        """Return the sheet of the rubric in force."""
        return sheet_of(self.context["rubric"])


class BesideSerializer(serializers.Serializer[Any]):
    """Your rating of a criterion beside an expert's."""

    criterion = serializers.CharField(source="key")
    own = serializers.IntegerField(allow_null=True)
    expert = serializers.IntegerField(allow_null=True, help_text="Null: does not apply.")
    level = serializers.ChoiceField(
        [(name, name) for name in ("same", "near", "apart", "missed")],
        help_text="missed: its theme was not marked, so it was not rated.",
    )
    why = serializers.CharField(help_text="The expert's reason.")


class MarkedBesideSerializer(serializers.Serializer[Any]):
    """A flag or a theme, and who of the two said it."""

    key = serializers.CharField()
    own = serializers.BooleanField()
    expert = serializers.BooleanField()


class FeedbackSerializer(serializers.Serializer[Any]):
    """An attempt at a practice story beside an expert's ratings, with the reasons."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    passed = serializers.BooleanField(help_text="Whether the round is passed with it.")
    compared = serializers.IntegerField()
    exact = serializers.IntegerField()
    within_one = serializers.IntegerField()
    lesson = serializers.CharField()
    ratings = BesideSerializer(many=True)
    flags = MarkedBesideSerializer(many=True)
    themes = MarkedBesideSerializer(many=True)


def figures_of(attempt: PracticeAttempt | None) -> dict[str, int | None]:
    """Return how an attempt compares; nothing without one."""
    names = ("compared", "exact", "within_one")
    return {name: getattr(attempt, name) if attempt else None for name in names}


class GuidelinesFiltersSerializer(serializers.Serializer[Any]):
    """Of which rubric."""

    rubric = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="Else the one in force."
    )


class ExampleSerializer(serializers.Serializer[Any]):
    """A passage, with the value it would get."""

    passage = serializers.CharField()
    value = serializers.IntegerField()
    why = serializers.CharField()


class GuideSerializer(serializers.Serializer[Any]):
    """A criterion with its worked examples."""

    criterion = QuestionSerializer()
    hint = serializers.CharField()
    examples = ExampleSerializer(many=True)


class FlagGuideSerializer(serializers.Serializer[Any]):
    """A flag, with when to raise it and when to leave it."""

    flag = FlagSerializer()
    when = serializers.CharField()
    when_not = serializers.CharField()


class GuidelinesSerializer(serializers.Serializer[Any]):
    """The guidelines of a rubric, in the caller's language."""

    rubric = serializers.IntegerField()
    name = serializers.CharField()
    summary = serializers.CharField()
    criteria = GuideSerializer(many=True)
    flags = FlagGuideSerializer(many=True)
    themes = ThemeSerializer(many=True)
