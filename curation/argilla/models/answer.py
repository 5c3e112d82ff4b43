"""What was answered there, each time that it changed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotations.models import Review
from curation.argilla.models.person import ArgillaPerson
from curation.argilla.models.record import ArgillaRecord


class There(models.TextChoices):
    """How it stands there."""

    SUBMITTED = "submitted", _("Submitted")
    DISCARDED = "discarded", _("Discarded")
    DRAFT = "draft", _("Draft")


class AnswerState(models.TextChoices):
    """What became of it here. What waits is tried again once that may help; what was overtaken never counted."""

    WAITING = "waiting", _("Waiting")
    REVIEW = "review", _("Is a review")
    KEPT = "kept", _("Kept as it is")
    OVERTAKEN = "overtaken", _("Overtaken")


TRANSITIONS: dict[AnswerState, frozenset[AnswerState]] = {
    AnswerState.WAITING: frozenset({AnswerState.REVIEW, AnswerState.KEPT, AnswerState.OVERTAKEN}),
    AnswerState.REVIEW: frozenset(),
    AnswerState.KEPT: frozenset(),
    AnswerState.OVERTAKEN: frozenset(),
}


class ArgillaAnswer(models.Model):
    """One state of a response: who answered about which record, and when it was changed there, by the clock there.

    `begun_at` is when the response was first made there, by that clock too. `values` is what was answered, by question;
    it is emptied once it is a review. `reason` says what a waiting one waits for, `tried_at` when it was last tried,
    and `next_at` when it is tried again whatever happens; empty for one that nothing here can change.
    """

    record = models.ForeignKey(ArgillaRecord, on_delete=models.PROTECT, related_name="answers", db_index=False)
    account = models.ForeignKey(ArgillaPerson, on_delete=models.PROTECT, related_name="answers", db_index=False)
    changed_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    there = models.CharField(max_length=9, choices=There)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=AnswerState, default=AnswerState.WAITING)
    reason = models.TextField(blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    review = models.ForeignKey(Review, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "argilla_answer"
        constraints = [
            models.UniqueConstraint(fields=["record", "account", "changed_at"], name="argilla_answer_once"),
            models.CheckConstraint(condition=Q(there__in=There.values), name="argilla_answer_there_known"),
            models.CheckConstraint(condition=Q(state__in=AnswerState.values), name="argilla_answer_state_known"),
            models.CheckConstraint(
                condition=Q(state="review", review__isnull=False) | (~Q(state="review") & Q(review__isnull=True)),
                name="argilla_answer_is_its_review",
            ),
        ]
        indexes = [
            # Serves what is waiting, of which each round tries again what may have changed, and its page.
            models.Index(fields=["record", "id"], condition=Q(state="waiting"), name="argilla_answer_waiting"),
            # Serves what an account was met with.
            models.Index(fields=["account"], name="argilla_answer_of_account"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"answer {self.pk} to {self.record_id}"
