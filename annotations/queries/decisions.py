"""What decisions rest on, and what waits to be adjudicated."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.counting import Use
from annotations.models import Assignment, Decision, Finalization, Item, Rating, Recusal, Review, ReviewFlag, Saw, Span
from annotations.models.assignment import AssignmentState
from annotations.models.decision import DECIDED, Outcome
from annotations.models.queue import ItemKind
from annotations.models.review import ReviewKind
from annotations.queries.blindness import Involvement, involvement_of, to_judge_blind
from annotations.queries.second_looks import open_requests
from annotations.rules import Commit
from curation.accounts.models import Role, User
from curation.core.errors import NotFound
from curation.core.prepared import Prepared
from curation.standards.behaviour import BACKFIRE, Mark
from curation.standards.models import Flag
from curation.stories.models import RewriteRequest, Stage, Story
from curation.stories.stages import State

# How long a curator may take their newest decision back.
UNDO_FOR = timedelta(minutes=10)
COMMIT_COLUMNS = ("out_of_scope", "themes", "rated", "raised", "marked")


@dataclass(frozen=True)
class Evidence:
    """What a story's decision rests on: its blind first commits in normal items, those withdrawn left out.

    `reopened` is the decision that opened the story again, which the next one supersedes. `complete`: some normal item
    has all its seats submitted. `elsewhere`: some normal item still offers a seat, or is being read. `asked`: one of
    the reviewers has revised theirs and asks for a curator's look.
    """

    review_ids: list[int]
    commits: list[Commit]
    complete: bool
    decided: bool
    reopened: int | None
    elsewhere: bool
    asked: bool


def blind_commits(story_id: int, rubric_id: int) -> QuerySet[Review]:
    """Return the reviews that count in the decision on a story, oldest first."""
    return Review.objects.counting(Use.DECISION).filter(story_id=story_id, rubric_id=rubric_id).order_by("id")


def evidence(story_id: int, rubric_id: int) -> Evidence:
    """Collect in one statement what the decision on one story rests on."""
    rows = EVIDENCE(story_id=story_id, rubric_id=rubric_id)
    seats = {row["assignment__item_id"]: row["assignment__item__seats"] for row in rows}
    taken = [row["assignment__item_id"] for row in rows]
    newest = (rows[0]["newest"] if rows else None) or {}
    reopened = newest.get("outcome") == Outcome.REOPENED
    return Evidence(
        review_ids=[row["pk"] for row in rows],
        commits=[commit_of(row) for row in rows],
        complete=any(taken.count(item) >= asked for item, asked in seats.items()),
        decided=bool(newest) and not reopened,
        reopened=newest["pk"] if reopened else None,
        elsewhere=any(row["elsewhere"] for row in rows),
        asked=any(row["asked"] for row in rows),
    )


def _collected(story_id: int, rubric_id: int) -> Any:
    here = OuterRef("pk")
    return (
        as_commits(blind_commits(story_id, rubric_id))
        .annotate(
            newest=Subquery(
                Decision.objects.filter(story_id=story_id)
                .order_by("-id")
                .values(pair=JSONObject(pk="pk", outcome="outcome"))[:1]
            ),
            elsewhere=Exists(_open_items().filter(story=story_id, kind=ItemKind.NORMAL)),
            asked=Exists(Review.objects.asking().filter(revises=here)),
        )
        .values("pk", "assignment__item_id", "assignment__item__seats", *COMMIT_COLUMNS, "newest", "elsewhere", "asked")
    )


EVIDENCE = Prepared(_collected, story_id=int, rubric_id=int)


def as_commits(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Annotate reviews with what `commit_of` reads of their rows; no statement of its own."""
    here = OuterRef("pk")
    return reviews.annotate(
        rated=ArraySubquery(
            Rating.objects.filter(review=here).values(pair=JSONObject(key="criterion__key", value="value"))
        ),
        raised=ArraySubquery(ReviewFlag.objects.filter(review=here).values("flag__key")),
        marked=ArraySubquery(
            Span.objects.filter(review=here)
            .exclude(conduct="", intent="")
            .values(mark=JSONObject(conduct="conduct", intent="intent", portrayal="portrayal"))
        ),
    )


def commit_of(row: Mapping[str, Any]) -> Commit:
    """Return what the decision rule reads of a review, from its row of `COMMIT_COLUMNS`."""
    return Commit(
        ratings={pair["key"]: pair["value"] for pair in row["rated"]},
        flags=frozenset(row["raised"]),
        themes=frozenset(row["themes"]),
        marks=tuple(Mark(**mark) for mark in row["marked"]),
        out_of_scope=row["out_of_scope"],
    )


def open_items(story_ids: Collection[int]) -> QuerySet[Item]:
    """Return the items of these stories that offer a seat, or in which somebody is reading.

    But for those of released stories that are rated again: whoever has seen their ratings is recused from each.
    """
    # As one array: a release asks for a hundred thousand stories at once.
    among = RawSQL("SELECT unnest(%s::bigint[])", [list(story_ids)])
    return _open_items().filter(story__in=among).exclude(kind=ItemKind.RERATING)


def in_review(story: str) -> Exists:
    """Whether the story that `story` leads to from a row offers a seat to somebody, or is being read."""
    return Exists(_open_items().filter(story=OuterRef(story)))


def _open_items() -> QuerySet[Item]:
    reading = Assignment.objects.filter(item=OuterRef("pk"), state=AssignmentState.ACTIVE)
    return Item.objects.filter(Q(seats_left__gt=0) | Exists(reading))


def newest_decision(story_id: int) -> Decision | None:
    """Return the decision that stands on a story; None for one that is not decided, or reopened."""
    return Decision.objects.filter(DECIDED, story=story_id, superseded_by__isnull=True).first()


def is_held(decision: Decision) -> bool:
    """Whether a decision stays until a curator changes it: a curator made it, or a release or a rewrite rests on it."""
    if decision.decided_by_id is not None or in_use(decision.story_id):
        return True
    return RewriteRequest.objects.filter(story=decision.story_id, claimed_at__isnull=False).exists()


def flags_raised(decision: Decision) -> list[Flag]:
    """Return the flags that a curator may confirm or dismiss, in the rubric's order.

    Those of the reviews that the decision rests on and of the open requests; a passage marked as a backfire raises it.
    """
    asking = open_requests().filter(story=decision.story_id).order_by().values("pk")
    reviews = Q(review__in=decision.review_ids) | Q(review__in=asking)
    ticked = ReviewFlag.objects.filter(reviews).values("flag_id")
    raised = Q(pk__in=ticked)
    if Span.objects.filter(reviews, backfire=True).exists():
        raised |= Q(key=BACKFIRE)
    return list(Flag.objects.filter(raised, rubric__policies=decision.policy_id))


def just_adjudicated(user: User) -> Decision | None:
    """Return this person's newest decision while they may still take it back; else None. One statement."""
    mine = Decision.objects.filter(decided_by=user, undo=False).select_related("story").order_by("-id")[:1]
    for decision in mine.annotate(
        superseded=Exists(Decision.objects.filter(supersedes=OuterRef("pk"))),
        final=Exists(Finalization.objects.filter(story=OuterRef("story"))),
        taken=Exists(RewriteRequest.objects.filter(story=OuterRef("story"), claimed_at__isnull=False)),
    ):
        if timezone.now() - decision.created_at < UNDO_FOR and not (
            decision.superseded or decision.final or decision.taken
        ):
            return decision
    return None


def decisions_of(story: Story) -> QuerySet[Decision]:
    """Return every decision on a story, newest first."""
    return Decision.objects.filter(story=story).select_related("decided_by", "policy__rubric", "queue").order_by("-id")


def decisions_told_to(user: User) -> QuerySet[Decision]:
    """Return all decisions but those on stories that this person has yet to judge blind, newest first.

    `stands` says whether nothing has superseded one. Whoever shows them notes who saw them.
    """
    later = Decision.objects.filter(supersedes=OuterRef("pk"))
    told = Decision.objects.exclude(to_judge_blind(user, "story")).annotate(stands=~Exists(later))
    shown = told.select_related("decided_by", "queue", "story").prefetch_related("policy__rubric")
    return shown.defer("story__text").order_by("-id")


def decisions_for(user: User, story: Story) -> tuple[Involvement, list[Decision]]:
    """Return what a person has to do with a story, and the decisions on it that they may be told, newest first.

    None are told while they have yet to judge it blind. Whoever shows one calls `actions.recuse_from` before.
    """
    own = involvement_of(user, story.pk)
    return own, list(decisions_of(story)) if own.may_see_reviews(user, decided=True) else []


def awaiting_adjudication(user: User | None = None) -> QuerySet[Decision]:
    """Return the decisions that wait for a curator, oldest first, with their stories.

    A decision that stands waits too, once a reviewer asks that its story be looked at again. For `user`, without the
    stories that they have yet to judge blind.
    """
    waiting = Stage.objects.filter(state=State.ADJUDICATION).values("story_id")
    # A union, so that the few stories lead to their decisions, and not all decisions to their stories.
    few = waiting.union(open_requests().values("story_id"))
    newest = Decision.objects.filter(DECIDED, superseded_by__isnull=True, story__in=few)
    shown = newest.exclude(to_judge_blind(user, "story")) if user else newest
    return shown.select_related("story", "queue").prefetch_related("policy__rubric").order_by("id")


def next_to_adjudicate(user: User, *, after: int = 0) -> int | None:
    """Return the story that this person adjudicates next: of those they may, the one that has waited longest.

    With `after`, a decision's id, the one that follows it, or the first again. Left out are stories that they have seen
    scores of, or have yet to judge themselves.
    """
    seen = Recusal.objects.filter(user=user, saw=Saw.SCORES).values("story")
    mine = awaiting_adjudication(user).exclude(story__in=seen).values_list("story_id", flat=True)
    return mine.filter(pk__gt=after).first() or (mine.filter(pk__lt=after).first() if after else None)


def load_awaiting_adjudication(story_id: int) -> Decision:
    """Return the newest decision on a story, adjudicated or not; `NotFound` for a story not decided, or reopened."""
    decision = (
        Decision.objects.filter(DECIDED, story_id=story_id, superseded_by__isnull=True)
        .select_related("story__stage", "queue", "policy__rubric")
        .first()
    )
    if decision is None:
        raise NotFound(_("There is no decision on that story yet. It appears here once its reviews ask for one."))
    return decision


def reviews_in_full(decision: Decision) -> list[Review]:
    """Return the reviews a decision rests on, with ratings, flags and passages, in a fixed number of statements."""
    return list(
        Review.objects.filter(pk__in=decision.review_ids)
        .select_related("reviewer")
        .prefetch_related(
            Prefetch("ratings", Rating.objects.select_related("criterion")),
            Prefetch("flags", ReviewFlag.objects.select_related("flag")),
            Prefetch("spans", Span.objects.select_related("criterion", "flag")),
        )
        .order_by("id")
    )


def who_may_adjudicate(story: Story) -> list[User]:
    """Return the curators and admins who can still adjudicate this story: who have not seen its scores."""
    recused = Recusal.objects.filter(story=story, saw=Saw.SCORES).values("user")
    people = User.objects.filter(is_active=True, role__in=[Role.CURATOR, Role.ADMIN])
    return list(people.exclude(pk__in=recused).order_by("display_name", "username"))


def extras_of(story: Story) -> list[Review]:
    """Return the extra reviews of a story with what is in them, oldest first. They count nowhere."""
    extras = Review.objects.filter(story=story, kind=ReviewKind.EXTRA)
    parts = ("ratings__criterion", "flags__flag", "spans__criterion", "spans__flag")
    return list(extras.select_related("rubric").prefetch_related(*parts).order_by("id"))


def in_use(story_id: int) -> bool:
    """Return whether rooms above use the reviews of a story."""
    return Finalization.objects.filter(story=story_id).exists()


def scores_seen(user: User, story_ids: Collection[int]) -> set[int]:
    """Return those of these stories that this person has seen scores of, and so adjudicates no more."""
    return set(
        Recusal.objects.filter(user=user, saw=Saw.SCORES, story__in=story_ids).values_list("story_id", flat=True)
    )
