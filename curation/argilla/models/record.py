"""Stories of a linked queue that are records of its dataset."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotations.models import Item
from curation.argilla.models.link import Link


class ArgillaRecord(models.Model):
    """An item of the queue, and the record that stands for it. `gone_at` is since when it is not there any more.

    `suggested_at` is when it was first known to have suggestions there, whoever put them there; that stays.
    `themes` are those of the story's tags, in order, whose criteria its readers there are told to rate.
    `told_at` is when Argilla told of an answer to it that has not been read since.
    """

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="records", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    record = models.CharField(max_length=36)
    read_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    suggested_at = models.DateTimeField(null=True, blank=True)
    themes = ArrayField(models.CharField(max_length=80), default=list, db_default=[])
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "argilla_record"
        constraints = [
            models.UniqueConstraint(fields=["link", "item"], name="argilla_item_sent_once"),
            models.UniqueConstraint(fields=["link", "record"], name="argilla_record_once"),
        ]
        indexes = [
            # Serves the round that reads what Argilla told of.
            models.Index(fields=["link", "told_at"], condition=Q(told_at__isnull=False), name="argilla_record_told"),
        ]

    def __str__(self) -> str:
        return f"record {self.record}"
