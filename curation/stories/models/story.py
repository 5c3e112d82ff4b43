"""The story: its text and where it came from, immutable from the moment it is stored."""

from typing import TYPE_CHECKING, Union

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Lower

from curation.stories.models.imports import ImportRun
from curation.stories.models.source import Source
from curation.stories.names import name_of

if TYPE_CHECKING:
    from curation.accounts.models import User


class StoryQuerySet(models.QuerySet["Story"]):
    """Names the predicates over stories."""

    def visible_to(self, user: Union["User", AnonymousUser]) -> "StoryQuerySet":
        """Curators and admins browse all stories; everybody else reaches a story through their own assignment."""
        return self if user.is_authenticated and user.is_curator else self.none()


class Story(models.Model):
    """One story. A trigger refuses every change; a rewrite is a new story with lineage.

    `text` has LF line ends. `text_sha256` is over the text as stored, `normal_sha256` over the text with white space,
    quotes and Unicode form evened out, so that exact duplicates are one story.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="stories", db_index=False)
    import_run = models.ForeignKey(
        ImportRun, null=True, blank=True, on_delete=models.PROTECT, related_name="stories", db_index=False
    )
    row = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    normal_sha256 = models.CharField(max_length=64)
    n_words = models.PositiveIntegerField()
    n_chars = models.PositiveIntegerField()
    language = models.CharField(max_length=16, default="en")
    license = models.CharField(max_length=80, blank=True)
    genre = models.CharField(max_length=80, blank=True)
    setting = models.CharField(max_length=200, blank=True)
    pov = models.CharField(max_length=80, blank=True)
    tone = models.CharField(max_length=80, blank=True)
    protagonist = models.CharField(max_length=80, blank=True)
    generator = models.CharField(max_length=160, blank=True)
    prompt = models.TextField(blank=True)
    original_id = models.CharField(max_length=200, blank=True)
    original = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stories"
        # Not by `unique=True`, which brings a second index, for searches by LIKE.
        constraints = [models.UniqueConstraint(fields=["normal_sha256"], name="story_once")]
        indexes = [
            # Serves the browser's list of one source.
            models.Index(fields=["source", "-id"], name="story_by_source"),
            # Serves lists and choices of stories in a language that few are in, with that of each country.
            models.Index(fields=["language"], opclasses=["varchar_pattern_ops"], name="story_by_language"),
            # Serves what became of the rows of an import, and the browser's list of one import.
            models.Index(fields=["import_run", "row"], name="story_by_import_row"),
            # Serve the browser's list by title, and by length.
            models.Index(Lower("title"), "id", name="story_by_title"),
            models.Index(fields=["n_words", "id"], name="story_by_length"),
        ]

    def __str__(self) -> str:
        return name_of(self.title, self.pk)
