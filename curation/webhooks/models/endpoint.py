"""Where messages are sent to: an address, what it wants to hear of, and the secrets that sign for it."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.core.folding import Folded


class PausedBecause(models.TextChoices):
    """Why nothing is sent to an endpoint."""

    ADMIN = "admin", _("by an admin")
    GONE = "gone", _("it answered 410: nobody is there any more")


class Endpoint(models.Model):
    """An address that messages are sent to.

    While it is paused, what happens is still written down for it, and sent when it goes on. `encrypted_secret` is what
    `webhooks.keys` made of its secret; the former one signs too, until `former_until`. With `each_story` on, it is told
    of every single story that is scored. One that is removed keeps its row, because the audit log names it.
    """

    # What its secrets are bound to.
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=60)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=40))
    each_story = models.BooleanField(default=False)
    encrypted_secret = models.BinaryField(null=True, editable=False)
    encrypted_former_secret = models.BinaryField(null=True, blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_because = models.CharField(max_length=8, choices=PausedBecause, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Folded("name"), condition=Q(removed_at=None), name="endpoint_name_once"),
            models.CheckConstraint(condition=~Q(events=[]), name="endpoint_wants_something"),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"), name="endpoint_speaks_http"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, encrypted_secret__isnull=False)
                | Q(removed_at__isnull=False, encrypted_secret=None, encrypted_former_secret=None),
                name="endpoint_has_a_secret_until_removed",
            ),
            models.CheckConstraint(
                condition=Q(encrypted_former_secret=None, former_until=None)
                | Q(encrypted_former_secret__isnull=False, former_until__isnull=False),
                name="endpoint_former_secret_ends",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None, paused_because="")
                | Q(paused_at__isnull=False, paused_because__in=PausedBecause.values),
                name="endpoint_paused_says_why",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
