"""Queues: what they ask of a review, who reviews there, how far they are, and the stories that are put into them."""

from typing import Any

from rest_framework import serializers

from annotations.actions.queues import LONGEST_INSTRUCTIONS
from annotations.models import Queue
from annotations.models.queue import QueueState
from curation.accounts.models import Role
from curation.api.serializers.fields import Key, Language, Plain, Whole, YesNo
from curation.stories.models.tag import TagKind
from curation.triage.filters import StoryFilter
from curation.triage.forms import ORDERS, STATES
from curation.triage.models import Fill, FillState
from curation.triage.queries import READY, StorySelection

MOST_STORIES, MOST_PEOPLE = 10_000, 500


class QueueSerializer(serializers.ModelSerializer[Queue]):
    """A queue of stories to review."""

    name = serializers.CharField()
    instructions = serializers.CharField(help_text="What reviewers are asked to keep in mind.")
    state = serializers.ChoiceField(QueueState.choices, help_text="Only an open queue hands out stories.")
    rubric = serializers.IntegerField(source="rubric_id", help_text="The rubric that stories are rated by.")
    policy = serializers.IntegerField(source="policy_id", help_text="The acceptance policy that decides them.")
    overlap = serializers.IntegerField(help_text="How many reviews each story gets, 1 to 5.")
    lease_minutes = serializers.IntegerField(help_text="How long a story is held for its reader.")
    reveal = serializers.BooleanField(help_text="Whether reviewers can compare with a model after a review is in.")
    comparison_share = serializers.SerializerMethodField(
        help_text="Of such reviews, how many percent are shown the comparison; null for those who do not run queues."
    )
    requires_practice = serializers.BooleanField(help_text="Whether readers must have passed the practice round.")

    class Meta:
        model = Queue
        fields = [
            "slug",
            "name",
            "state",
            "instructions",
            "rubric",
            "policy",
            "overlap",
            "lease_minutes",
            "reveal",
            "comparison_share",
            "requires_practice",
            "created_at",
        ]

    def get_comparison_share(self, queue: Queue) -> int | None:
        """Return the percentage, for curators."""
        return queue.comparison_share if self.context["reader"].is_curator else None


class QueueFiltersSerializer(serializers.Serializer[Any]):
    """Which queues."""

    state = serializers.ChoiceField(QueueState.choices, required=False)


class QueueChangeSerializer(serializers.Serializer[Any]):
    """What of a queue is to be otherwise."""

    state = serializers.ChoiceField(QueueState.choices, required=False)
    requires_practice = YesNo(required=False)


class OutcomesSerializer(serializers.Serializer[Any]):
    """How many stories were decided how. Left out are those that whoever asks has yet to judge themselves."""

    accept = serializers.IntegerField()
    reject = serializers.IntegerField()
    rewrite = serializers.IntegerField()
    adjudicate = serializers.IntegerField(help_text="Waiting for a curator.")


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a queue is, and what the caller did in it."""

    stories = serializers.IntegerField()
    stories_done = serializers.IntegerField(help_text="Stories with all their reviews.")
    reviews_asked = serializers.IntegerField(source="seats")
    reviews_in = serializers.IntegerField(source="submitted")
    reading = serializers.IntegerField(allow_null=True, help_text="Stories being read now; for curators.")
    outcomes = OutcomesSerializer(allow_null=True, help_text="For curators.")
    member = serializers.BooleanField(help_text="Whether the caller reviews in this queue.")
    mine_in = serializers.IntegerField(help_text="Reviews of the caller's that are in.")
    mine_reading = serializers.IntegerField(help_text="Stories that the caller holds.")
    withheld = serializers.IntegerField(
        help_text="Stories that need readers and go to others, as the caller has seen scores or reviews of them."
    )


class MemberSerializer(serializers.Serializer[Any]):
    """A reviewer of a queue."""

    username = serializers.CharField()
    display_name = serializers.CharField(source="shown_name")
    role = serializers.ChoiceField(Role.choices)
    is_active = serializers.BooleanField(help_text="False once the account is closed.")
    reviews_in = serializers.IntegerField(source="submitted", help_text="Reviews of theirs in this queue.")
    practised = serializers.BooleanField(help_text="Whether they have passed the practice round.")


class NewMembersSerializer(serializers.Serializer[Any]):
    """Who is to review in a queue."""

    usernames = serializers.ListField(
        child=Plain(max_length=150, allow_blank=False), allow_empty=False, max_length=MOST_PEOPLE
    )


class SelectionSerializer(serializers.Serializer[Any]):
    """Which stories a queue takes, how many at most, and in which order. All fit that nothing here leaves out."""

    state = serializers.ChoiceField(STATES, default="ready")
    source = Plain(  # type: ignore[assignment]  # it is a field of what is sent
        max_length=80, default="", allow_blank=True, help_text="The name of a source."
    )
    language = Language(default="", allow_blank=True)
    run = Key(default=None, allow_null=True, help_text="The id of an import.")
    stories = serializers.ListField(child=Key(), default=list, max_length=MOST_STORIES, help_text="Ids, one by one.")
    principle = Plain(max_length=60, default="", allow_blank=True, help_text="The key of one they are tagged with.")
    theme = Plain(max_length=60, default="", allow_blank=True, help_text="The key of one they are tagged with.")
    order = serializers.ChoiceField(
        ORDERS,
        default="import",
        help_text="By scores, `high` or `low`, whoever asks can review none of these stories any more.",
    )
    limit = Whole(min_value=1, max_value=100_000, default=100)


def selection_of(sent: dict[str, Any]) -> StorySelection:
    """Return what a checked `SelectionSerializer` asks for."""
    chosen = StoryFilter(
        states=READY[sent["state"]],
        source=sent["source"],
        language=sent["language"],
        run=sent["run"],
        stories=tuple(sent["stories"]),
        **{kind.value: sent[kind.value] for kind in (TagKind.PRINCIPLE, TagKind.THEME)},
    )
    return StorySelection(filter=chosen, order=sent["order"], limit=sent["limit"])


class JudgesSerializer(serializers.Serializer[Any]):
    """Whose scores a queue uses, as keys of judges; null is the embedded scorer."""

    orders = Plain(max_length=60, allow_null=True, help_text="Whose scores an order by scores rests on.")
    shows = Plain(max_length=60, allow_null=True, help_text="Who is compared with once a review is in.")


class NewQueueSerializer(serializers.Serializer[Any]):
    """A queue that is to be made, with its reviewers and its first stories."""

    name = Plain(max_length=120, help_text="Reviewers see it: nothing about scores.")
    slug = serializers.SlugField(max_length=60, default="", allow_blank=True, help_text="Empty: made from the name.")
    instructions = Plain(max_length=LONGEST_INSTRUCTIONS, default="", allow_blank=True)
    policy = Key(default=None, allow_null=True, help_text="An acceptance policy; null is the newest.")
    overlap = Whole(min_value=1, max_value=5, default=2)
    lease_minutes = Whole(min_value=5, max_value=1440, default=60)
    reveal = YesNo(default=False)
    comparison_share = Whole(min_value=0, max_value=100, default=100)
    requires_practice = YesNo(default=False)
    members = serializers.ListField(
        child=Plain(max_length=150), default=list, max_length=MOST_PEOPLE, help_text="Usernames of reviewers."
    )
    orders = Plain(max_length=60, default=None, allow_null=True, help_text="As in the queue's judges.")
    shows = Plain(max_length=60, default=None, allow_null=True, help_text="As in the queue's judges.")
    stories = SelectionSerializer(required=False, help_text="What is put into it first; else 100 that wait.")


class FillSerializer(serializers.ModelSerializer[Fill]):
    """Stories that are being put into a queue, or whose order is made anew; a worker does it."""

    state = serializers.ChoiceField(FillState.choices)
    total = serializers.IntegerField(help_text="How many stories fitted.")
    added = serializers.IntegerField(help_text="How many are done.")
    reorders = serializers.BooleanField(help_text="Whether it puts stories in order that are in the queue already.")
    error = serializers.CharField(help_text="Why it waits or has failed; else empty.")

    class Meta:
        model = Fill
        fields = ["id", "state", "total", "added", "reorders", "error", "created_at"]


class MadeQueueSerializer(QueueSerializer):
    """A queue that was made, and the stories that are being put in."""

    fill = FillSerializer()

    class Meta(QueueSerializer.Meta):
        fields = [*QueueSerializer.Meta.fields, "fill"]


class FittingSerializer(serializers.Serializer[Any]):
    """How many stories fit a selection."""

    count = serializers.IntegerField()


class PassedSerializer(serializers.Serializer[Any]):
    """A story that a reader passed on, and why."""

    id = serializers.IntegerField()
    story = serializers.IntegerField(source="story_id")
    title = serializers.CharField(source="story.title")
    reason = serializers.CharField(source="pass_reason")
    passed_at = serializers.DateTimeField(source="ended_at")
