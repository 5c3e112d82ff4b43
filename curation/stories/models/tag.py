"""What a story is about, according to whom. Append-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.stories.models.story import Story


class TagKind(models.TextChoices):
    PRINCIPLE = "principle", _("Principle")
    THEME = "theme", _("Theme")
    NOTE = "note", _("Content note")


class TagSource(models.TextChoices):
    """Who said so. A content note never comes from a judge."""

    IMPORT = "import", _("Imported file")
    CURATOR = "curator", _("Curator")
    CHECK = "check", _("Check")


class Tag(models.Model):
    """`key` is a principle's or theme's key, or the words of a content note."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="tags", db_index=False)
    kind = models.CharField(max_length=12, choices=TagKind)
    key = models.CharField(max_length=80)
    source = models.CharField(max_length=12, choices=TagSource)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["story", "kind", "key", "source"], name="tag_once"),
            models.CheckConstraint(condition=Q(kind__in=TagKind.values), name="tag_kind_known"),
            models.CheckConstraint(condition=Q(source__in=TagSource.values), name="tag_source_known"),
        ]
        indexes = [
            # Serves the browser's filters by principle and theme.
            models.Index(fields=["kind", "key", "story"], name="tag_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
