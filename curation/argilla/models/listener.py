"""What has an Argilla server tell of answers as they are given."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from curation.argilla.models.server import ArgillaServer


class Listener(models.Model):
    """A webhook of an Argilla server that calls here, for as long as a queue is linked to it.

    `uuid` ends the `address` that is called. `webhook` is its id there, and `encrypted_secret` what
    `argilla.keys` made of the secret that signs what it sends. `heard_at` is about when it called last: the first
    call is one that was asked for, so nothing is heard where that cannot come through. `error` says why answers are
    not told of. It is looked at again at `next_at`.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    server = models.OneToOneField(ArgillaServer, on_delete=models.PROTECT, related_name="listener")
    address = models.CharField(max_length=500, blank=True)
    webhook = models.CharField(max_length=36, blank=True)
    encrypted_secret = models.BinaryField(null=True, blank=True, editable=False)
    heard_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    next_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(webhook="", encrypted_secret=None) | (~Q(webhook="") & Q(encrypted_secret__isnull=False)),
                name="argilla_listener_has_its_secret",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"listener {self.pk}"
