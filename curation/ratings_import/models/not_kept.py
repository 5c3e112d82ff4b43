"""What of an annotated dataset has no place here. It is listed, so that nobody takes it for imported."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ratings_import.models.ratings_import import RatingsImport


class What(models.TextChoices):
    RECORD = "record", _("Record")
    RESPONSE = "response", _("Response")
    SUGGESTION = "suggestion", _("Suggestion")


class Why(models.TextChoices):
    DRAFT = "draft", _("It was a draft.")
    DISCARDED = "discarded", _("It was discarded.")
    NOT_ASKED = "not_asked", _("Its question becomes nothing here.")
    OPTION = "option", _("Its option, or one of several, becomes nothing here.")
    SEVERAL = "several", _("The same person answered the question twice. The first answer is kept.")
    OUTSIDE = "outside", _("A passage lies outside the text.")
    OTHER_FIELD = "other_field", _("A passage lies in another field than the story's text.")
    CHANGED = "changed", _("A passage reads otherwise in the story that is stored.")
    TOO_MANY = "too_many", _("It marks more passages than a review takes.")
    TOO_LONG = "too_long", _("What was written is longer than a comment. Its beginning is kept.")
    NO_RATING = "no_rating", _("A suggestion becomes a score only where its question becomes a criterion.")
    EMPTY = "empty", _("Nothing of it is kept, so there is no review.")
    NO_STORY = "no_story", _("Its story was not stored. The import of the stories says why.")
    HERE = "here", _("This person has been given the story here, and cannot count twice.")
    OTHER = "other", _("An earlier import has another review by this person, which stays.")


class NotKept(models.Model):
    """Something of one row, and why it is not kept. What it said stands in the imported file and not here.

    `place` counts within the row. `who` is a person's key or a model's name there, `record` the record's id.
    """

    ratings_import = models.ForeignKey(RatingsImport, on_delete=models.CASCADE, related_name="+", db_index=False)
    row = models.BigIntegerField()
    place = models.PositiveIntegerField()
    record = models.CharField(max_length=200, blank=True)
    what = models.CharField(max_length=12, choices=What)
    why = models.CharField(max_length=12, choices=Why)
    who = models.CharField(max_length=200, blank=True)
    question = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            # Serves the list of what was not kept, in the order of the file.
            models.UniqueConstraint(fields=["ratings_import", "row", "place"], name="not_kept_once"),
            models.CheckConstraint(condition=models.Q(what__in=What.values), name="not_kept_what_known"),
            models.CheckConstraint(condition=models.Q(why__in=Why.values), name="not_kept_why_known"),
        ]
        ordering = ["row", "place"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.why}"
