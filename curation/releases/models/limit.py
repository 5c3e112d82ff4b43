"""To which datasets what somebody's role lets them do is limited."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class DatasetLimit(models.Model):
    """An organisation, in lower case, or a dataset that a limited person works with.

    Whoever has a row has the rights of their role with the datasets of their rows alone, and with all others the rights
    of everybody who signs in. Whoever has none is not limited. The rows of an admin have no effect: see `limits`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    org = models.CharField(max_length=60, blank=True)
    dataset = models.ForeignKey(
        "releases.Dataset", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "org", "dataset"], nulls_distinct=False, name="dataset_limit_once"),
            models.CheckConstraint(
                condition=Q(org="", dataset__isnull=False) | (~Q(org="") & Q(dataset__isnull=True)),
                name="dataset_limit_of_one_kind",
            ),
            models.CheckConstraint(condition=Q(org=Lower("org")), name="dataset_limit_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.org or str(self.dataset)
