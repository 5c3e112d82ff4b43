"""Who reads which story now: assignments, bookmarks, drafts, and who may not review what."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from annotations.models.queue import Item, Queue
from curation.standards.models import Rubric
from curation.stories.models import Story


class AssignmentState(models.TextChoices):
    """ACTIVE and SUBMITTED hold a seat."""

    ACTIVE = "active", pgettext_lazy("assignment", "Reading")
    SUBMITTED = "submitted", _("Submitted")
    PASSED = "passed", _("Passed")
    EXPIRED = "expired", _("Lease ran out")
    CLOSED = "closed", _("Taken out of the queue")


TRANSITIONS: dict[AssignmentState, frozenset[AssignmentState]] = {
    AssignmentState.ACTIVE: frozenset(
        {AssignmentState.SUBMITTED, AssignmentState.PASSED, AssignmentState.EXPIRED, AssignmentState.CLOSED}
    ),
    # Its review was withdrawn.
    AssignmentState.SUBMITTED: frozenset({AssignmentState.ACTIVE}),
    # The pass was taken back.
    AssignmentState.PASSED: frozenset({AssignmentState.ACTIVE}),
    # To CLOSED: what was marked is kept as an extra review.
    AssignmentState.EXPIRED: frozenset({AssignmentState.ACTIVE, AssignmentState.PASSED, AssignmentState.CLOSED}),
    AssignmentState.CLOSED: frozenset(),
}
LIVE = Q(state__in=["active", "submitted"])


class Assignment(models.Model):
    """One reviewer's seat at one item. Nobody gets the same story twice under one rubric, except as a hidden repeat."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="assignments")
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="assignments")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveSmallIntegerField()
    is_repeat = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=AssignmentState, default=AssignmentState.ACTIVE)
    lease_until = models.DateTimeField()
    claimed_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    pass_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["story", "reviewer", "rubric"], condition=Q(is_repeat=False), name="assignment_once"
            ),
            models.UniqueConstraint(fields=["item", "seat"], condition=LIVE, name="assignment_seat_once"),
            models.CheckConstraint(condition=Q(state__in=AssignmentState.values), name="assignment_state_known"),
            models.CheckConstraint(condition=Q(seat__gte=1, seat__lte=5), name="assignment_seat_in_range"),
            models.CheckConstraint(
                condition=Q(state="active", ended_at__isnull=True) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="assignment_ended_unless_active",
            ),
        ]
        indexes = [
            # Serves the sweep of expired leases.
            models.Index(fields=["lease_until"], condition=Q(state="active"), name="assignment_lease"),
            # Serves "the story I am reading" and "what I have done".
            models.Index(fields=["reviewer", "state", "-id"], name="assignment_of_reviewer"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} reads {self.story_id}: {self.state}"


class Bookmark(models.Model):
    """The first item of a queue that can still be this reviewer's: a claim need not walk past all before it."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    priority = models.SmallIntegerField()
    item_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reviewer", "queue"], name="bookmark_once")]

    def __str__(self) -> str:
        return f"{self.reviewer_id} in {self.queue_id}"


class Draft(models.Model):
    """What the reviewer has marked so far, as the page sent it. `version` grows with every save, from 1."""

    assignment = models.OneToOneField(Assignment, primary_key=True, on_delete=models.CASCADE, related_name="draft")
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            # A page that starts from no draft says 0: a draft of that version would be saved over by it unseen.
            models.CheckConstraint(condition=Q(version__gte=1), name="draft_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"draft of {self.assignment_id}"


class Saw(models.TextChoices):
    """What somebody has learned of a story that a blind review must not rest on.

    ORDER: how it stands in an order by scores. Whoever saw the SCORES themselves adjudicates the story no more either.
    """

    REVIEWS = "reviews"
    ORDER = "order"
    SCORES = "scores"


class Recusal(models.Model):
    """This person may not review this story blind, because of what they `saw`. Whatever shows it records it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+", db_index=False)
    saw = models.CharField(max_length=8, choices=Saw, default=Saw.SCORES)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Serves the claim, which asks whether there is any row of a story and a person.
            models.UniqueConstraint(fields=["story", "user", "saw"], name="recusal_once_each"),
            models.CheckConstraint(condition=Q(saw__in=Saw.values), name="recusal_saw_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} recused from {self.story_id}: {self.saw}"
