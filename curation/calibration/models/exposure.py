"""By which judge's scores somebody can no longer judge a story blind."""

from django.db import models

from annotations.models import Recusal
from curation.scoring.models import Judge


class Exposure(models.Model):
    """What belongs to a recusal because of scores: whose they were, and `where` they were first shown. Append-only.

    That somebody has seen scores of a story is the recusal's to say. `judge` is empty where it was several, or before
    it was noted.
    """

    recusal = models.OneToOneField(Recusal, on_delete=models.PROTECT, related_name="+")
    judge = models.ForeignKey(Judge, null=True, on_delete=models.PROTECT, related_name="+")
    where = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"a score seen: {self.recusal}"
