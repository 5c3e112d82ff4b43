"""An Argilla server that queues may be reviewed at, and the key that speaks to it."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q


class ArgillaServer(models.Model):
    """A workspace of an Argilla server.

    `encrypted_key` is what `argilla.keys` made of its API key. `verify_tls` is whether its certificate is looked at.
    One that is removed keeps its row, because what came from it names it.
    """

    # What its key is bound to, with the address.
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=60)
    url = models.CharField(max_length=300)
    workspace = models.CharField(max_length=200)
    verify_tls = models.BooleanField(default=True)
    encrypted_key = models.BinaryField(null=True, blank=True, editable=False)
    key_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["url", "workspace"], condition=Q(removed_at=None), name="argilla_server_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, encrypted_key__isnull=False)
                | Q(removed_at__isnull=False, encrypted_key__isnull=True),
                name="argilla_server_has_a_key_until_removed",
            ),
            models.CheckConstraint(
                condition=Q(encrypted_key=None, key_set_at=None)
                | Q(encrypted_key__isnull=False, key_set_at__isnull=False),
                name="argilla_key_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"), name="argilla_speaks_http"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """The address without its scheme, for people."""
        return self.url.partition("://")[2]
