"""Which judge versions a version of an ensemble combines."""

from django.db import models
from django.db.models import F, Q

from curation.scoring.models.judge import JudgeVersion


class EnsembleMember(models.Model):
    """One of the versions that `ensemble`, a version of a judge of that kind, combines. Append-only."""

    ensemble = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="members", db_index=False)
    member = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ensemble", "member"], name="ensemble_member_once"),
            models.CheckConstraint(condition=~Q(ensemble=F("member")), name="ensemble_member_is_another"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.ensemble_id}"
