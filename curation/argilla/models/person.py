"""People who answer on an Argilla server, and who they are here."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.argilla.models.server import ArgillaServer


class ArgillaPerson(models.Model):
    """An account there, and the person here whom it belongs to, once that is settled.

    One that is `ignored` belongs to nobody here: what it answers is not brought in.
    """

    server = models.ForeignKey(ArgillaServer, on_delete=models.PROTECT, related_name="people", db_index=False)
    account = models.CharField(max_length=36)
    username = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ignored = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server", "account"], name="argilla_account_once"),
            # Two accounts of one person could both review a story.
            models.UniqueConstraint(
                fields=["server", "person"], condition=Q(person__isnull=False), name="argilla_person_once"
            ),
            models.CheckConstraint(condition=Q(ignored=False) | Q(person=None), name="argilla_ignored_is_nobody"),
        ]
        ordering = ["username", "id"]

    def __str__(self) -> str:
        return self.username or self.account
