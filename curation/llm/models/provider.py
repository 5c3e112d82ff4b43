"""Who answers: a service that speaks to models, its key, and what it may be asked in a minute and in a month."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.core.folding import Folded

# The address that is meant where none is set, by kind.
ADDRESSES = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}


class ProviderKind(models.TextChoices):
    """Which protocol a provider speaks."""

    ANTHROPIC = "anthropic", _("Anthropic")
    OPENAI = "openai", _("OpenAI, or a server that speaks like it")


class Provider(models.Model):
    """A service, or a server of one's own, that answers for models.

    `encrypted_key` is what `llm.keys` made of its key; nothing but a call decrypts it. `key_variable` names the
    environment variable that has the key instead. Limits are for all workers together; `month_limit_micro_usd` is what
    a calendar month (UTC) may cost, in millionths of a dollar. One that is removed keeps its row, because what was
    spent names it.
    """

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=ProviderKind)
    base_url = models.CharField(max_length=300, blank=True)
    encrypted_key = models.BinaryField(null=True, blank=True, editable=False)
    key_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    key_variable = models.CharField(max_length=60, blank=True, editable=False)
    default_model = models.CharField(max_length=120, blank=True)
    requests_per_minute = models.PositiveIntegerField(default=1_000)
    tokens_per_minute = models.PositiveIntegerField(default=400_000)
    in_flight = models.PositiveSmallIntegerField(default=32)
    timeout_seconds = models.PositiveSmallIntegerField(default=120)
    month_limit_micro_usd = models.BigIntegerField(default=100_000_000)
    is_practice = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Folded("name"), condition=Q(removed_at=None), name="provider_name_once"),
            models.UniqueConstraint(
                fields=["key_variable"], condition=~Q(key_variable=""), name="provider_variable_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=ProviderKind.values), name="provider_kind_known"),
            models.CheckConstraint(
                condition=Q(requests_per_minute__gt=0, tokens_per_minute__gt=0, in_flight__gt=0),
                name="provider_limits_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__gte=1, timeout_seconds__lte=600), name="provider_timeout_in_range"
            ),
            models.CheckConstraint(condition=Q(month_limit_micro_usd__gte=0), name="provider_month_limit_not_negative"),
            models.CheckConstraint(
                condition=Q(encrypted_key=None) | Q(key_variable="", removed_at=None), name="provider_key_in_one_place"
            ),
            models.CheckConstraint(
                condition=Q(encrypted_key=None, key_set_at=None)
                | Q(encrypted_key__isnull=False, key_set_at__isnull=False),
                name="provider_key_has_its_time",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where it is: its own address, or the one of its kind."""
        return self.base_url or ADDRESSES[self.kind]

    @property
    def takes_batches(self) -> bool:
        """Whether it answers many calls together for less. Servers that only speak as OpenAI does have no batches."""
        return self.kind == ProviderKind.ANTHROPIC or self.address == ADDRESSES[ProviderKind.OPENAI]

    @property
    def has_key(self) -> bool:
        """Whether a key is stored or named. A server of one's own may need none."""
        return self.encrypted_key is not None or bool(self.key_variable)
