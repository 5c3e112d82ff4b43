"""People of other tools: who each of them is here."""

from django.conf import settings
from django.db import models


class Respondent(models.Model):
    """Somebody who answered in another tool, by the `key` that they have there, and who they are here.

    Where nobody is chosen that is an account that nobody can sign in to. `dataset` is empty for a key that means the
    same person everywhere, as an identifier does; a mere name means somebody within one dataset.
    """

    key = models.CharField(max_length=200)
    dataset = models.CharField(max_length=120, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "dataset"], name="respondent_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.user_id}"
