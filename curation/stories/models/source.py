"""Where stories come from."""

from django.conf import settings
from django.db import models


class Source(models.Model):
    """A named origin of stories: a file, a generator, a partner. Its licence goes with every story it brought."""

    name = models.SlugField(max_length=80, unique=True)
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
