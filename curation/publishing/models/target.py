"""Where versions of a dataset are published to: a repository of a Hub, and the token that may write to it."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from curation.releases.models import Dataset


class HubTarget(models.Model):
    """A repository of a Hub that versions of one dataset are published to.

    `encrypted_token` is what `publishing.keys` made of its token; `token_variable` names the environment variable that
    has the token instead. The repository is made private; `public_asked_at` is when somebody asked that it be public,
    and `public_at` when it was found to be. `told` counts the withdrawals that its main branch tells of. One that is
    removed keeps its row, because publications name it.
    """

    # What its token is bound to, with the endpoint.
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    endpoint = models.CharField(max_length=300)
    repo = models.CharField(max_length=200)
    encrypted_token = models.BinaryField(null=True, blank=True, editable=False)
    token_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    token_variable = models.CharField(max_length=60, blank=True)
    told = models.PositiveIntegerField(default=0, editable=False)
    public_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    public_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            # Two datasets in one repository would take turns in overwriting each other.
            models.UniqueConstraint("endpoint", Lower("repo"), condition=Q(removed_at=None), name="target_repo_once"),
            models.CheckConstraint(
                condition=Q(encrypted_token=None) | Q(token_variable="", removed_at=None),  # nosec
                name="target_token_in_one_place",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=False) | Q(encrypted_token__isnull=False) | ~Q(token_variable=""),  # nosec
                name="target_has_a_token_until_removed",
            ),
            models.CheckConstraint(
                condition=Q(encrypted_token=None, token_set_at=None)
                | Q(encrypted_token__isnull=False, token_set_at__isnull=False),
                name="target_token_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(endpoint__startswith="https://") | Q(endpoint__startswith="http://"),
                name="target_speaks_http",
            ),
            models.CheckConstraint(
                condition=Q(public_at=None) | Q(public_asked_at__isnull=False), name="target_public_was_asked_for"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.repo} ({self.host})"

    @property
    def host(self) -> str:
        """The endpoint without its scheme, for people."""
        return self.endpoint.partition("://")[2]

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.endpoint}/datasets/{self.repo}"
