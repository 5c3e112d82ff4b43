"""How a committed review stands: whether it can be taken back, and whether its story's outcome may be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from annotations import rules
from annotations.models import Decision, Finalization, Recusal, Review, ReviewFlag
from annotations.models.decision import DECIDED
from annotations.models.queue import ItemKind
from annotations.models.review import ReviewKind
from annotations.visibility import ReviewsStay, may_see_outcome, why_not_withdraw
from curation.accounts.models import Role
from curation.stories.models import RewriteRequest

# After this long a decided story's outcome is told, and the review stays.
SECOND_THOUGHTS = timedelta(hours=1)
CURATORS = [Role.CURATOR, Role.ADMIN]
# Of a decision: a check found something in the story since, and no curator has looked yet.
IS_FOUND = Q(reasons__contains=[{"rule": rules.FOUND_RULE}], decided_by=None)


def with_status(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Annotate reviews with what `ReviewStatus.of` reads; no statement of its own."""
    story = OuterRef("story")
    decided = Decision.objects.filter(DECIDED, story=story, superseded_by__isnull=True)
    # In a commit, an extra review or a revision: wherever it was raised, a curator has to look.
    dangers = ReviewFlag.objects.filter(review__withdrawal__isnull=True, flag__safety=True)
    told = JSONObject(
        outcome="outcome",
        by="decided_by_id",
        undo="undo",
        found=ExpressionWrapper(IS_FOUND, output_field=BooleanField()),
    )
    return reviews.annotate(
        decision=Subquery(decided.values(told=told)[:1]),
        item_kind=F("assignment__item__kind"),
        reviewer_role=F("reviewer__role"),
        is_recused=Exists(Recusal.objects.filter(story=story, user=OuterRef("reviewer"))),
        is_final=Exists(Finalization.objects.filter(story=story)),
        is_safety=Exists(dangers.filter(review__story=story)),
        is_rewriting=Exists(RewriteRequest.objects.filter(story=story, claimed_at__isnull=False)),
    ).select_related("withdrawal")


def with_outcome_told(reviews: QuerySet[Review], *outcomes: str) -> QuerySet[Review]:
    """Narrow reviews that came through `with_status` to those whose `ReviewStatus.outcome` is one of `outcomes`."""
    decided = Decision.objects.filter(story=OuterRef("story"), superseded_by__isnull=True, outcome__in=outcomes)
    past = Q(submitted_at__lte=timezone.now() - SECOND_THOUGHTS)
    closed = Q(is_recused=True) | Q(is_final=True) | Q(is_safety=True) | Q(is_rewriting=True)
    seen = Q(reviewer__role__in=CURATORS)
    stays = Exists(decided.filter(Q(decided_by__isnull=False) | Q(undo=True) | IS_FOUND))
    return reviews.filter(
        Exists(decided),
        past | closed | seen | Q(stays),
        kind=ReviewKind.COMMIT,
        withdrawal__isnull=True,
        assignment__item__kind=ItemKind.NORMAL,
    )


@dataclass(frozen=True)
class ReviewStatus:
    """`why_not` is why the review cannot be taken back, or empty. `outcome` is empty while it may not be told."""

    why_not: str
    stay: ReviewsStay | None
    outcome: str
    live: bool
    withdrawn: bool

    @property
    def withdrawable(self) -> bool:
        """Whether the reviewer may take the review back."""
        return not self.why_not

    @classmethod
    def of(cls, review: Review, now: datetime | None = None) -> "ReviewStatus":
        """Return how a review that came through `with_status` stands."""
        decision = getattr(review, "decision", None) or {}
        withdrawn = getattr(review, "withdrawal", None) is not None
        commit = review.kind == ReviewKind.COMMIT
        # What a curator took back at once, reviewers may have been told all the same.
        stay = _why_they_stay(
            review,
            by_curator=decision.get("by") is not None or decision.get("undo", False),
            found=decision.get("found", False),
        )
        why_not = why_not_withdraw(
            live=commit and not withdrawn,
            revealed=bool(getattr(review, "is_recused", True)),
            stay=stay,
            decided=bool(decision),
            # A curator sees what others said as soon as the story is decided.
            recent=getattr(review, "reviewer_role", "") not in CURATORS
            and (now or timezone.now()) - review.submitted_at < SECOND_THOUGHTS,
        )
        shown = may_see_outcome(
            decided=bool(decision),
            withdrawable=not why_not,
            live=commit and not withdrawn,
            kind=getattr(review, "item_kind", ""),
        )
        return cls(why_not, stay, decision.get("outcome", "") if shown else "", commit and not withdrawn, withdrawn)


def _why_they_stay(review: Review, *, by_curator: bool, found: bool) -> ReviewsStay | None:
    if getattr(review, "is_final", True):
        return ReviewsStay.IN_USE
    if by_curator:
        return ReviewsStay.BY_CURATOR
    if found:
        return ReviewsStay.FOUND
    if getattr(review, "is_safety", True):
        return ReviewsStay.SAFETY
    return ReviewsStay.REWRITING if getattr(review, "is_rewriting", True) else None
