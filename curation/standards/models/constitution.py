"""The constitution: the principles that stories are meant to live."""

from django.db import models

from curation.core.folding import Folded


class Constitution(models.Model):
    """A versioned set of principles, frozen by trigger once used.

    Its words are in `language`; `translations` holds them in others, as a rubric's do, in the shape of
    `curation.standards.schema.ConstitutionWords`.
    """

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=20, default="en")
    summary = models.TextField(blank=True)
    translations = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Folded("name"), "version", name="constitution_version_once")]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Principle(models.Model):
    """One principle, in words that a story can be held against."""

    constitution = models.ForeignKey(Constitution, on_delete=models.CASCADE, related_name="principles", db_index=False)
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    statement = models.TextField()
    looks_like = models.TextField(blank=True)
    fails_when = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["constitution", "key"], name="principle_key_once")]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
