"""Which stories a person must still be able to judge blind. Every page, filter, count and export asks here."""

from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from annotations.models import Assignment, Decision, Item, Membership, Queue, Recusal, Review, Saw
from annotations.models.assignment import AssignmentState
from annotations.models.decision import DECIDED
from annotations.models.queue import ItemKind
from annotations.visibility import may_see_others_reviews
from curation.accounts.models import User
from curation.stories.models import Story
from curation.stories.stages import State

# What a story is told to be in while its outcome is kept from somebody.
AFTER_REVIEW = [State.ADJUDICATION, State.ACCEPTED, State.REJECTED, State.REWRITE]
# Of so many pairs of a person and a way to a story a process keeps the condition: to make it takes milliseconds, a page
# asks for the same one several times, and it says nothing of any row.
CONDITIONS = 100


def reads(user: User, story: str) -> Exists:
    """Whether this person is reading the story that `story` (a look-up of the outer query) leads to."""
    return Exists(Assignment.objects.filter(reviewer=user, story=OuterRef(story), state=AssignmentState.ACTIVE))


def may_write_again(user: User, story: str) -> Exists:
    """Whether this person has submitted a review of a story that nothing has decided, and may take it back."""
    decided = Decision.objects.filter(DECIDED, story=OuterRef("story"), superseded_by__isnull=True)
    mine = Assignment.objects.filter(reviewer=user, story=OuterRef(story), state=AssignmentState.SUBMITTED)
    return Exists(mine.exclude(Exists(decided)).exclude(Exists(_recused(user))))


def may_be_given(user: User, story: str) -> Exists:
    """Whether this person may still be given the story: what a claim asks, whatever state the queue is in today.

    An assignment whose lease ran out, or that was passed on, can be taken up again at the same item. A story to be
    rated again goes to nobody who has rated it, under whatever rubric.
    """
    had = Assignment.objects.filter(
        story=OuterRef("story"), reviewer=user, rubric=OuterRef("queue__rubric"), is_repeat=False
    ).exclude(item=OuterRef("pk"), state__in=[AssignmentState.EXPIRED, AssignmentState.PASSED])
    rated = Review.objects.filter(reviewer=user, story=OuterRef("story"))
    offered = Item.objects.filter(story=OuterRef(story), queue__memberships__user=user, seats_left__gt=0)
    offered = offered.exclude(Exists(rated), kind=ItemKind.RERATING)
    return Exists(offered.exclude(Exists(had)).exclude(Exists(_recused(user))))


def withheld(user: User, queue: Queue) -> int:
    """Count the stories of a queue that still need readers, and are not given to this member as they are recused."""
    had = Assignment.objects.filter(story=OuterRef("story"), reviewer=user, rubric=queue.rubric_id, is_repeat=False)
    open_items = Item.objects.filter(queue=queue, queue__memberships__user=user, seats_left__gt=0)
    return open_items.filter(Exists(_recused(user)), ~Exists(had)).count()


def _recused(user: User) -> QuerySet[Recusal]:
    return Recusal.objects.filter(story=OuterRef("story"), user=user)


def has_seen_scores(user: User, story: Story) -> bool:
    """Whether this person has been shown what a model scored the story, by any page."""
    return Recusal.objects.filter(user=user, story=story, saw=Saw.SCORES).exists()


def to_judge_blind(user: User, story: str) -> Q:
    """The condition that `visibility.must_judge_blind` states, for the story that `story` leads to from a row."""
    return _to_judge_blind(user.pk, story)


@lru_cache(maxsize=CONDITIONS)
def _to_judge_blind(person: int, story: str) -> Q:
    user = User(pk=person)
    return Q(reads(user, story)) | Q(may_write_again(user, story)) | Q(may_be_given(user, story))


def may_judge_any(user: User) -> bool:
    """Whether there may be a story that this person must judge blind: they are in a queue, read one, or rated one.

    What asks `to_judge_blind` of many rows asks this first: most who make releases review nothing.
    """
    held = Assignment.objects.filter(reviewer=user, state__in=[AssignmentState.ACTIVE, AssignmentState.SUBMITTED])
    member = Membership.objects.filter(user=user)
    return User.objects.filter(Exists(held) | Exists(member), pk=user.pk).exists()


def stories_to_review_blind(user: User) -> QuerySet[Story, int]:
    """Return the ids of the stories of which this person sees no review of others, no outcome and no score."""
    return Story.objects.filter(to_judge_blind(user, "pk")).order_by().values_list("pk", flat=True)


def state_shown_to(user: User, story: str, state: str) -> Case:
    """Return the state of a story as this person is told it: in review, while its outcome is kept from them.

    `story` and `state` lead there from a row.
    """
    kept = Q(to_judge_blind(user, story), **{f"{state}__in": AFTER_REVIEW})
    return Case(When(kept, then=Value(State.QUEUED.value)), default=F(state), output_field=CharField())


def told_state(state: str) -> str:
    """Return what somebody who has yet to judge a story blind is told of its state."""
    return State.QUEUED if state in AFTER_REVIEW else state


def told_to_be(user: User, state: str, *, story: str, field: str) -> Q:
    """The condition for rows whose story this person is told to be in `state`; `story` and `field` lead there."""
    blind = to_judge_blind(user, story)
    if state == State.QUEUED:
        return Q(**{field: state}) | (Q(**{f"{field}__in": AFTER_REVIEW}) & blind)
    return Q(**{field: state}) & ~blind if state in AFTER_REVIEW else Q(**{field: state})


@dataclass(frozen=True)
class Involvement:
    """What a person has to do with a story as a reviewer.

    `committed`: a review of theirs is in. `open_to`: the story may still be given to them. `blind`: nothing about it
    that others or models said may be shown to them.
    """

    reading: bool
    committed: bool
    open_to: bool
    blind: bool

    def may_see_reviews(self, user: User, *, decided: bool) -> bool:
        """Whether this person may see what others said about the story."""
        return may_see_others_reviews(
            curator=user.is_curator, committed=self.committed, decided=decided, reviewing=self.blind
        )


def involvement_of(user: User, story_id: int) -> Involvement:
    """Return what this person has to do with a story, in one statement; nothing for a story that is not there."""
    mine = Assignment.objects.filter(reviewer=user, story=OuterRef("pk"))
    asked = Story.objects.filter(pk=story_id).values_list(
        reads(user, "pk"),
        Exists(mine.filter(state=AssignmentState.SUBMITTED)),
        may_be_given(user, "pk"),
        may_write_again(user, "pk"),
    )
    reading, committed, open_to, again = asked.first() or (False, False, False, False)
    return Involvement(reading, committed, open_to, reading or open_to or again)
