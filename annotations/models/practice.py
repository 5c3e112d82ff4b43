"""What people did in the practice round. Append-only, and apart from reviews: practice stories are not stories."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class PracticeAttempt(models.Model):
    """One rating of one practice story (a file in `annotations/practice/`), as the page sent it.

    Of `compared` ratings `exact` were the expert's, and `within_one` (those included) at most one apart. `passed` says
    whether the round, with the latest attempt at each of its stories, was passed with this one.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    story = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField()
    data = models.JSONField(default=dict)
    compared = models.PositiveSmallIntegerField()
    exact = models.PositiveSmallIntegerField()
    within_one = models.PositiveSmallIntegerField()
    passed = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(exact__lte=F("within_one"), within_one__lte=F("compared")), name="practice_counts_nested"
            ),
        ]
        indexes = [
            # Serves a person's latest attempt at each story.
            models.Index(fields=["user", "story", "-id"], name="practice_latest"),
            # Serves "has this person practised?".
            models.Index(fields=["user"], condition=Q(passed=True), name="practice_passed"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.story}: {self.within_one} of {self.compared}"
