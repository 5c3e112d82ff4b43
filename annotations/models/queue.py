"""Queues of stories to review, who may review them, and the items in them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from curation.core.folding import Folded
from curation.standards.models import AcceptancePolicy, Rubric
from curation.stories.models import Story


class QueueState(models.TextChoices):
    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")


TRANSITIONS: dict[QueueState, frozenset[QueueState]] = {
    QueueState.OPEN: frozenset({QueueState.PAUSED, QueueState.CLOSED}),
    QueueState.PAUSED: frozenset({QueueState.OPEN, QueueState.CLOSED}),
    QueueState.CLOSED: frozenset({QueueState.OPEN}),
}


class Queue(models.Model):
    """A queue. Every story in it gets `overlap` independent reviews; a claim is held for `lease_minutes`.

    With `reveal` on, a reviewer may compare with the model after the commit, never before; `comparison_share` percent
    of the reviews, drawn by chance, are shown the comparison. With `requires_practice` on,
    it hands stories only to those who have passed the practice round.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    instructions = models.TextField(blank=True)
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(AcceptancePolicy, on_delete=models.PROTECT, related_name="+")
    overlap = models.PositiveSmallIntegerField(default=2)
    lease_minutes = models.PositiveSmallIntegerField(default=60)
    reveal = models.BooleanField(default=False)
    comparison_share = models.PositiveSmallIntegerField(default=100, db_default=100)
    requires_practice = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=QueueState, default=QueueState.OPEN)
    # Since when every review that it asks for is in; empty while one is missing.
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Reviewers tell queues apart by their names, in whatever case and Unicode form.
            models.UniqueConstraint(Folded("name"), name="queue_name_once"),
            models.UniqueConstraint(Lower("slug"), name="queue_address_once"),
            models.CheckConstraint(condition=Q(overlap__gte=1, overlap__lte=5), name="queue_overlap_in_range"),
            models.CheckConstraint(
                condition=Q(comparison_share__gte=0, comparison_share__lte=100), name="queue_comparison_share_in_range"
            ),
            models.CheckConstraint(condition=Q(lease_minutes__gte=5), name="queue_lease_long_enough"),
            models.CheckConstraint(condition=Q(state__in=QueueState.values), name="queue_state_known"),
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """This person may review in this queue."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.queue_id}"


class ItemKind(models.TextChoices):
    NORMAL = "normal", _("Normal")
    GOLD = "gold", _("Gold")
    REPEAT = "repeat", _("Repeat")
    AUDIT = "audit", _("Audit")
    # A released story, rated once more by people who have neither rated it nor seen its ratings.
    RERATING = "rerating", _("Re-rating")
    # A story that was reviewed in another tool. It has no seats, so it is offered to nobody.
    IMPORTED = "imported", _("Imported")


class Item(models.Model):
    """A story in a queue. `seats_left` is `seats` less the live assignments; larger `priority` comes first.

    An item is closed by taking away the seats that nobody holds.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="items", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=8, choices=ItemKind, default=ItemKind.NORMAL)
    priority = models.SmallIntegerField(default=0)
    seats = models.PositiveSmallIntegerField()
    seats_left = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "story", "kind"], name="item_once"),
            # Whatever queue it is in: a story that is measured twice would count twice in the pool.
            models.UniqueConstraint(fields=["story"], condition=Q(kind="audit"), name="item_audited_once"),
            models.CheckConstraint(condition=Q(seats_left__lte=F("seats")), name="item_seats_left_in_range"),
            models.CheckConstraint(condition=Q(seats__lte=5), name="item_seats_in_range"),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="item_kind_known"),
        ]
        indexes = [
            # Serves the claim of the next story.
            models.Index("queue", (-F("priority")).asc(), "id", condition=Q(seats_left__gt=0), name="item_open"),
        ]

    def __str__(self) -> str:
        return f"story {self.story_id} in {self.queue_id}"
