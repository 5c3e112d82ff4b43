"""Where stories come from."""

from typing import Any

from django.conf import settings
from django.db import models

from curation.stories.source_names import source_key


class Source(models.Model):
    """A named origin of stories: a file, a generator, a partner. Its licence goes with every story it brought.

    `name` is for addresses; `key` is what names of the same source share (see `source_names`).
    """

    name = models.SlugField(max_length=80, unique=True, allow_unicode=True)
    key = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=160, blank=True)
    license = models.CharField(max_length=80, blank=True)
    notes = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title or self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Work the key out where none is given."""
        self.key = self.key or source_key(self.name)
        super().save(*args, **kwargs)
