"""Committed reviews with their ratings, flags and evidence. Append-only: a change of mind is a second record."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from annotations.counting import ITEM_KINDS, REVIEW_KINDS, Use
from annotations.models.assignment import Assignment
from curation.standards.models import Criterion, Flag, Rubric
from curation.stories.models import Story


class ReviewKind(models.TextChoices):
    """Only commits count in decisions and statistics; a revision can at most ask for adjudication.

    An extra review is one whose seat was given on before it was submitted: it holds none, and decides nothing. An
    imported one was given in another tool before it was brought here, and may answer a part of the rubric only.
    """

    COMMIT = "commit", _("Blind first commit")
    REVISION = "revision", _("Revision")
    EXTRA = "extra", _("Extra")
    IMPORTED = "imported", _("Imported")


class Origin(models.TextChoices):
    """Where a review was written."""

    HERE = "here", _("Here")
    ARGILLA = "argilla", "Argilla"


class ReviewQuerySet(QuerySet["Review"]):
    """Predicates over reviews."""

    def live_commits(self) -> "ReviewQuerySet":
        """The commits that were not withdrawn."""
        return self.filter(kind=ReviewKind.COMMIT, withdrawal__isnull=True)

    def counting(self, use: Use) -> "ReviewQuerySet":
        """The reviews that count for `use`; `annotations.counting` says which."""
        blind = self.filter(kind__in=sorted(REVIEW_KINDS), blind=True, withdrawal__isnull=True)
        return blind.filter(assignment__item__kind__in=sorted(ITEM_KINDS[use]))

    def read(self) -> "ReviewQuerySet":
        """The reviews that each stand for one reading of a story: live commits and extras."""
        return self.filter(kind__in=[ReviewKind.COMMIT, ReviewKind.EXTRA], withdrawal__isnull=True)

    def asking(self) -> "ReviewQuerySet":
        """The revisions and the safety flags that ask for a curator's look at their story, answered or not."""
        return self.filter(asks_curator=True)


class Review(models.Model):
    """One submitted review. `active_seconds` leaves out idle time and hidden tabs.

    `attempt` counts the commits of one assignment from 1; all but the last were withdrawn. A revision has a `reason`;
    with `asks_curator` it asks that the story be looked at again, as does every first review that raises a safety flag.
    `origin` is the tool that it was written in; `blind`, whether its writer could see no score and no other review.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="reviews")
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=ReviewKind, default=ReviewKind.COMMIT)
    revises = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="revisions")
    out_of_scope = models.BooleanField(default=False)
    themes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    comment = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=1000, blank=True)
    asks_curator = models.BooleanField(db_default=False)
    active_seconds = models.PositiveIntegerField(default=0)
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.HERE, db_default=Origin.HERE)
    blind = models.BooleanField(default=True, db_default=True)
    idempotency_key = models.UUIDField(unique=True)
    submitted_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            # A trigger refuses a commit while an earlier one of the assignment stands, so one at most is live.
            models.UniqueConstraint(
                fields=["assignment", "attempt"], condition=Q(kind="commit"), name="review_one_commit_per_attempt"
            ),
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(kind="extra"), name="review_one_extra_per_assignment"
            ),
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(kind="imported"), name="review_one_imported_per_assignment"
            ),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="review_origin_known"),
            # What is written here is written blind, or is a revision of what was.
            models.CheckConstraint(
                condition=Q(blind=True) | ~Q(origin=Origin.HERE), name="review_not_blind_from_elsewhere"
            ),
            models.CheckConstraint(
                condition=~Q(kind="imported") | ~Q(origin=Origin.HERE), name="review_imported_from_elsewhere"
            ),
            # What decides was given blind, whatever a query forgets to ask.
            models.CheckConstraint(condition=Q(blind=True) | ~Q(kind="commit"), name="review_commit_is_blind"),
            models.CheckConstraint(
                condition=Q(kind__in=["commit", "extra", "imported"], revises__isnull=True, reason="")
                | (Q(kind="revision", revises__isnull=False) & ~Q(reason="")),
                name="review_revision_names_its_commit",
            ),
        ]
        indexes = [
            # Serves the decision on one story.
            models.Index(fields=["story", "id"], name="review_by_story"),
            # Serves a reviewer's own history.
            models.Index(fields=["reviewer", "-id"], name="review_by_reviewer"),
            # Serves what somebody has read today, beside every story.
            models.Index(fields=["reviewer", "submitted_at"], name="review_by_day"),
            # Serves what reviewers ask curators to look at again.
            models.Index(fields=["story"], condition=Q(asks_curator=True), name="review_asking"),
        ]

    def __str__(self) -> str:
        return f"review {self.pk} of {self.story_id}"


class Withdrawal(models.Model):
    """The reviewer took this commit back, before anything was revealed to them. It counts no longer, and stays."""

    review = models.OneToOneField(Review, primary_key=True, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"withdrawal of {self.review_id}"


class Finalization(models.Model):
    """The reviews of this story are in use elsewhere and stay as they are. Rooms above say so, without saying why."""

    story = models.OneToOneField(Story, primary_key=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"finalization of {self.story_id}"


class Rating(models.Model):
    """A value from 1 to 5, or empty for N/A."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="rating_once"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=1, value__lte=5), name="rating_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.value or 'N/A'}"


class ReviewFlag(models.Model):
    """A flag that this review raises."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="flags", db_index=False)
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "flag"], name="review_flag_once")]

    def __str__(self) -> str:
        return f"{self.flag_id} by {self.review_id}"


class Conduct(models.TextChoices):
    ALIGNED = "aligned", _("Aligned")
    AMBIGUOUS = "ambiguous", _("Ambiguous")
    MISALIGNED = "misaligned", _("Misaligned")


class Intent(models.TextChoices):
    BENEVOLENT = "benevolent", _("Benevolent")
    AMBIGUOUS = "ambiguous", _("Ambiguous")
    MALEVOLENT = "malevolent", _("Malevolent")


class Portrayal(models.TextChoices):
    POSITIVE = "positive", _("Positive")
    NEUTRAL = "neutral", _("Neutral")
    NEGATIVE = "negative", _("Negative")


class Span(models.Model):
    """A passage given as evidence for a criterion or a flag.

    `start` and `end` are code points of the story's text, half-open.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="spans")
    criterion = models.ForeignKey(Criterion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    flag = models.ForeignKey(Flag, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    prefix = models.CharField(max_length=64, blank=True)
    suffix = models.CharField(max_length=64, blank=True)
    conduct = models.CharField(max_length=12, choices=Conduct, blank=True)
    intent = models.CharField(max_length=12, choices=Intent, blank=True)
    portrayal = models.CharField(max_length=12, choices=Portrayal, blank=True)
    # What `behaviour.backfires` said of the three when the review was stored; empty where none of them was marked.
    backfire = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="span_not_empty"),
            models.CheckConstraint(
                condition=Q(criterion__isnull=True, flag__isnull=False) | Q(criterion__isnull=False, flag__isnull=True),
                name="span_criterion_or_flag",
            ),
        ]
        ordering = ["start", "id"]

    def __str__(self) -> str:
        return f"{self.start}-{self.end} of review {self.review_id}"
