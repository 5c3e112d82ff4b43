"""The words of stories, for the browser's search."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from curation.stories.models.story import Story


class SearchEntry(models.Model):
    """One story's words; null until they are indexed. In a table of its own, so that nobody waits for the index."""

    story = models.OneToOneField(Story, primary_key=True, on_delete=models.CASCADE, related_name="+")
    words = SearchVectorField(null=True)

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [
            # Serves the browser's search for words in titles and texts.
            GinIndex(fields=["words"], name="search_words"),
            # Serves the search for stories whose words are not indexed yet.
            models.Index(fields=["story"], condition=models.Q(words=None), name="search_due"),
        ]

    def __str__(self) -> str:
        return f"words of {self.story_id}"
