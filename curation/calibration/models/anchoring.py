"""Whether seeing what the model said pulls people towards it."""

from django.db import models

from curation.scoring.models import JudgeVersion


class Anchoring(models.Model):
    """How far ratings moved towards a judge version, in rating points with 95 percent intervals; empty where undefined.

    `seen` counts the reviews whose writers saw the comparison and `revised` those of them that were revised after it;
    `moved` is the mean over the seen. The arms are those of the queues that draw who is shown it: `shown` and `hidden`
    are means over `n_shown` and `n_hidden` reviews as they were drawn, and `difference` is one less the other.
    """

    judge_version = models.OneToOneField(JudgeVersion, on_delete=models.CASCADE, related_name="+")
    seen = models.PositiveIntegerField()
    revised = models.PositiveIntegerField()
    moved = models.FloatField(null=True)
    moved_low = models.FloatField(null=True)
    moved_high = models.FloatField(null=True)
    n_shown = models.PositiveIntegerField()
    shown = models.FloatField(null=True)
    shown_low = models.FloatField(null=True)
    shown_high = models.FloatField(null=True)
    n_hidden = models.PositiveIntegerField()
    hidden = models.FloatField(null=True)
    hidden_low = models.FloatField(null=True)
    hidden_high = models.FloatField(null=True)
    difference = models.FloatField(null=True)
    difference_low = models.FloatField(null=True)
    difference_high = models.FloatField(null=True)
    measured_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"anchoring by {self.judge_version_id}: {self.moved}"
