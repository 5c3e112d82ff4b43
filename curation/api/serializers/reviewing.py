"""Reading and rating a story: the assignment, its sheet, the draft and the review."""

from functools import lru_cache
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.forms import CONDUCT_WORDS
from annotations.models import Assignment, Draft
from annotations.models.assignment import AssignmentState
from annotations.models.review import Conduct, Intent, Portrayal, ReviewKind
from annotations.queries.reading import MANY, Surroundings
from annotations.schema import LONGEST_COMMENT, LONGEST_READING, MOST_SPANS
from curation.api.serializers.fields import Key, Plain, Whole, YesNo
from curation.standards.behaviour import CHOICES
from curation.standards.models import Rubric
from curation.standards.models.rubric import Severity
from curation.standards.spec import RubricSpec, spec_for_reader

MOST_KEYS, LONGEST_KEY = 200, 40


class StepSerializer(serializers.Serializer[Any]):
    """One value of a criterion."""

    value = serializers.IntegerField(help_text="1 to 5.")
    label = serializers.CharField()  # type: ignore[assignment]  # it is a field of the answer
    anchor = serializers.CharField(help_text="What a story is like that gets this value.")


class QuestionSerializer(serializers.Serializer[Any]):
    """A criterion, as the sheet asks it."""

    key = serializers.CharField(help_text="By this key, ratings and passages name it.")
    group = serializers.CharField()
    group_name = serializers.CharField()
    name = serializers.CharField()
    short = serializers.CharField()
    question = serializers.CharField()
    theme = serializers.CharField(help_text="Asked only where the story has this theme; empty: asked always.")
    na_allowed = serializers.BooleanField(help_text="Whether null is an answer: it does not apply.")
    steps = StepSerializer(many=True)


class ThemeSerializer(serializers.Serializer[Any]):
    """A theme that can be marked."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()


class FlagSerializer(serializers.Serializer[Any]):
    """A flag that can be raised."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    safety = serializers.BooleanField(help_text="Whether raising it takes the story out of review, to a curator.")
    asks_passage = serializers.BooleanField(help_text="Whether a passage that shows it has to be marked.")
    asks_conduct = serializers.BooleanField(help_text="Whether conduct, intent and portrayal are to be said of it.")


class WordSerializer(serializers.Serializer[Any]):
    """A choice about a passage, with its word."""

    key = serializers.CharField()
    name = serializers.CharField()


class ConductSerializer(serializers.Serializer[Any]):
    """What can be said of a passage: conduct, intent or portrayal, with the choices."""

    key = serializers.ChoiceField([(name, name) for name in CHOICES])
    name = serializers.CharField()
    choices = WordSerializer(many=True)


class SheetSerializer(serializers.Serializer[Any]):
    """All that a review is asked, in the caller's language."""

    rubric = serializers.IntegerField()
    criteria = QuestionSerializer(many=True)
    themes = ThemeSerializer(many=True)
    flags = FlagSerializer(many=True)
    passages = ConductSerializer(many=True)


def sheet_of(rubric: Rubric) -> dict[str, Any]:
    """Return the sheet of a rubric, in the language of whoever asks; made once for each process where it is frozen."""
    spec = spec_for_reader(rubric)
    words = tuple((name, str(word)) for name, word in CONDUCT_WORDS.items())
    return (_sheet if rubric.frozen_at else _sheet.__wrapped__)(rubric.pk, spec, words)


@lru_cache(maxsize=64)
def _sheet(rubric: int, spec: RubricSpec, words: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    named = dict(words)
    passages = [
        {"key": key, "name": named[key], "choices": [{"key": one, "name": named[one]} for one in choices]}
        for key, choices in CHOICES.items()
    ]
    said = {"rubric": rubric, "criteria": spec.criteria, "themes": spec.themes, "flags": spec.flags}
    return dict(SheetSerializer(said | {"passages": passages}).data)


class PassageSerializer(serializers.Serializer[Any]):
    """A passage of the story, given as evidence for a criterion or for a flag: one of the two is null.

    Offsets count code points of the text (what Python's `len` counts), from 0; `end` is the one after the last.
    """

    criterion = Plain(max_length=LONGEST_KEY, allow_null=True, default=None)
    flag = Plain(max_length=LONGEST_KEY, allow_null=True, default=None)
    start = Whole(min_value=0, max_value=2**31 - 1)
    end = Whole(min_value=1, max_value=2**31 - 1)
    quote = Plain(help_text="Exactly what the text has from `start` to `end`.")
    conduct = serializers.ChoiceField(Conduct.choices, allow_blank=True, default="")
    intent = serializers.ChoiceField(Intent.choices, allow_blank=True, default="")
    portrayal = serializers.ChoiceField(Portrayal.choices, allow_blank=True, default="")


class AnswersSerializer(serializers.Serializer[Any]):
    """The answers to a sheet, all of them or as far as one is."""

    ratings = serializers.DictField(
        child=Whole(min_value=1, max_value=5, allow_null=True),
        default=dict,
        help_text="By the key of a criterion, 1 to 5, or null where it does not apply.",
    )
    themes = serializers.ListField(child=Plain(max_length=LONGEST_KEY), default=list, max_length=MOST_KEYS)
    flags = serializers.ListField(
        child=Plain(max_length=LONGEST_KEY), default=list, max_length=MOST_KEYS, help_text="Keys of flags raised."
    )
    spans = serializers.ListField(child=PassageSerializer(), default=list, max_length=MOST_SPANS)
    out_of_scope = YesNo(default=False, help_text="The story has no AI character, so that nothing is to be rated.")
    comment = Plain(max_length=LONGEST_COMMENT, default="", allow_blank=True)
    active_seconds = Whole(
        min_value=0, max_value=LONGEST_READING, default=0, help_text="Time spent on it, without what was idle."
    )


class NewReviewSerializer(AnswersSerializer):
    """A review to be submitted."""

    or_extra = YesNo(
        default=False,
        help_text="Where the lease ran out and the place was given on (`seat_taken`): keep it as an extra review, "
        "which does not count.",
    )


class SubmittedSerializer(serializers.Serializer[Any]):
    """A review that is in."""

    id = serializers.IntegerField()
    assignment = serializers.IntegerField(source="assignment_id")
    kind = serializers.ChoiceField(ReviewKind.choices)
    submitted_at = serializers.DateTimeField()


class DraftSerializer(serializers.Serializer[Any]):
    """What is marked so far. Version 0: nothing yet."""

    answers = serializers.DictField(source="data", help_text="As a review has them; pages keep their drafts here too.")
    version = serializers.IntegerField(help_text="Grows by one each time it is saved.")


class NewDraftSerializer(serializers.Serializer[Any]):
    """What is marked by now."""

    answers = AnswersSerializer()
    version = Whole(
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text="The version that this starts from, 0 for none. Needed unless `If-Match` names its ETag.",
    )


def draft_of(assignment: Assignment) -> dict[str, Any]:
    """Return the draft of an assignment that was loaded with it, or an empty one, of which no version is kept yet."""
    draft: Draft | None = getattr(assignment, "draft", None)
    return dict(DraftSerializer(draft or Draft(version=0)).data)


class AssignmentFiltersSerializer(serializers.Serializer[Any]):
    """Which assignments."""

    state = serializers.ChoiceField(AssignmentState.choices, required=False)
    queue = serializers.SlugField(max_length=60, required=False)


class AssignmentSerializer(serializers.Serializer[Any]):
    """An assignment of yours."""

    id = serializers.IntegerField()
    queue = serializers.SlugField(source="item.queue.slug")
    story = serializers.IntegerField(source="story_id")
    title = serializers.CharField(source="story.title")
    n_words = serializers.IntegerField(source="story.n_words")
    state = serializers.ChoiceField(AssignmentState.choices)
    claimed_at = serializers.DateTimeField()
    lease_until = serializers.DateTimeField(
        help_text="Nobody else gets the place until then; saving a draft renews it."
    )
    ended_at = serializers.DateTimeField(allow_null=True)
    pass_reason = serializers.CharField()


class ReadingSerializer(AssignmentSerializer):
    """A story to read, with all that the review room shows of it."""

    text = serializers.CharField(source="story.text", help_text="With LF between lines.")
    language = serializers.CharField(source="story.language")
    instructions = serializers.CharField(source="item.queue.instructions")
    rubric = serializers.IntegerField(source="rubric_id")
    principles = serializers.ListField(child=serializers.CharField(), source="around.principles")
    tagged_themes = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of themes that the story is tagged with: theirs is asked too."
    )
    notes = serializers.ListField(child=serializers.CharField(), source="around.notes")
    left = serializers.IntegerField(
        source="around.left", help_text=f"Stories of the queue still free for you after this one, up to {MANY + 1}."
    )
    draft = serializers.SerializerMethodField()
    sheet = serializers.SerializerMethodField()

    @extend_schema_field(DraftSerializer)
    def get_draft(self, assignment: Assignment) -> dict[str, Any]:
        """Return the draft."""
        return draft_of(assignment)

    @extend_schema_field(SheetSerializer(allow_null=True))
    def get_sheet(self, assignment: Assignment) -> dict[str, Any] | None:
        """Return the sheet, unless the caller has it."""
        return sheet_of(assignment.rubric) if self.context["sheet"] else None


def as_read(assignment: Assignment, around: Surroundings, *, sheet: bool = True) -> dict[str, Any]:
    """Return an assignment as the review room shows it, with or without its sheet."""
    assignment.around = around  # type: ignore[attr-defined]  # shown with it
    return dict(ReadingSerializer(assignment, context={"sheet": sheet}).data)


class ClaimSerializer(serializers.Serializer[Any]):
    """Asking for a story."""

    ahead_of = Key(
        default=None,
        allow_null=True,
        help_text="The assignment being read: then the answer is the story after that one, held as well.",
    )
    sheet = YesNo(default=True, help_text="False for a caller that has the rubric's sheet already.")


class PassSerializer(serializers.Serializer[Any]):
    """Why a story is passed on."""

    reason = Plain(max_length=300, help_text="In a few words; curators read it.")
