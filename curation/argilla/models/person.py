"""People who answer on an Argilla server, and who they are here."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.argilla.models.server import ArgillaServer


class RoleThere(models.TextChoices):
    """Owners and admins can read what everybody answers."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    ANNOTATOR = "annotator", _("Annotator")


class ArgillaPerson(models.Model):
    """An account there, and the person here whom it belongs to, once that is known.

    One that is `ignored` belongs to nobody here: what it answers is not brought in. `role` is what was told of it last,
    empty where nothing was; `read_until` is when one that is an annotator now could last read what others answered, at
    the latest, by the clock there.
    """

    server = models.ForeignKey(ArgillaServer, on_delete=models.PROTECT, related_name="people", db_index=False)
    account = models.CharField(max_length=36)
    username = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ignored = models.BooleanField(default=False)
    role = models.CharField(max_length=9, choices=RoleThere, blank=True)
    read_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server", "account"], name="argilla_account_once"),
            # Two accounts of one person could both review a story.
            models.UniqueConstraint(
                fields=["server", "person"], condition=Q(person__isnull=False), name="argilla_person_once"
            ),
            models.CheckConstraint(condition=Q(role__in=["", *RoleThere.values]), name="argilla_role_known"),
            models.CheckConstraint(condition=Q(ignored=False) | Q(person=None), name="argilla_ignored_is_nobody"),
        ]
        ordering = ["username", "id"]

    def __str__(self) -> str:
        return self.username or self.account

    @property
    def reads_all(self) -> bool:
        """Whether it may read what everybody answers there; one whose role is not known may."""
        return self.role != RoleThere.ANNOTATOR
