"""Datasets: a name under which versions are released, with what must stay the same across versions."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from curation.accounts.models import Role
from curation.releases.models.limit import DatasetLimit
from curation.stories.models import Story

if TYPE_CHECKING:
    from curation.accounts.models import User


class Visibility(models.TextChoices):
    """Who may open a dataset.

    PUBLIC: everybody, without an account too. SIGNED_IN: everybody who can sign in. GATED: everybody sees that it is
    there; its versions are for whoever was let in, see `curation.access`. PRIVATE: curators, admins and researchers,
    each within their limits.
    """

    PUBLIC = "public", _("Public")
    SIGNED_IN = "signed-in", _("Signed in")
    GATED = "gated", _("Gated")
    PRIVATE = "private", _("Private")


LONGEST_AUTHOR = 120
FOR_ALL_SIGNED_IN = [Visibility.PUBLIC, Visibility.SIGNED_IN]
# As `curation.access.models.Grant`, which knows datasets, says that somebody was let in.
GRANTED = "granted"
INSIDERS = {Role.CURATOR, Role.ADMIN, Role.RESEARCHER}


def within_limits(user: "User") -> Q:
    """Return the condition on datasets that somebody has the rights of their role with. No limit binds an admin."""
    if user.role == Role.ADMIN:
        # Holds always. An empty condition would be dropped from an "or".
        return ~Q(pk__in=[])
    mine = DatasetLimit.objects.filter(user=user.pk)
    these = Q(dataset=OuterRef("pk")) | Q(org=Lower(OuterRef("org")))
    return ~Q(Exists(mine)) | Q(Exists(mine.filter(these)))


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Those whose versions this person, or a stranger, may open: on pages, by the API and by the Hub's clients.

        Public ones for everybody; for whoever is signed in those for the signed-in, and gated ones that they were let
        into; and those within their limits for curators and admins, and for researchers if they are not gated.
        """
        if not user.is_authenticated:
            return self.filter(visibility=Visibility.PUBLIC)
        let_in = Dataset.objects.filter(grants__person=user.pk, grants__state=GRANTED)
        found = Q(visibility__in=FOR_ALL_SIGNED_IN) | Q(visibility=Visibility.GATED, pk__in=let_in)
        if user.is_curator:
            found |= within_limits(user)
        elif user.role in INSIDERS:
            found |= within_limits(user) & ~Q(visibility=Visibility.GATED)
        return self.filter(found)

    def listed_to(self, user: "User | AnonymousUser") -> Self:
        """Those that this person, or a stranger, is told of: what they may open, and gated ones, of which they see no
        more than name, description and terms."""
        return self.filter(Q(visibility=Visibility.GATED) | Q(pk__in=Dataset.objects.visible_to(user)))

    def within_limits_of(self, user: "User") -> Self:
        """Those with which this person has the rights of their role."""
        return self.filter(within_limits(user))


class Dataset(models.Model):
    """A named dataset. Its name is never reused. `authors` are named in its citation, in their order."""

    org = models.SlugField(max_length=60)
    name = models.SlugField(max_length=80)
    title = models.CharField(max_length=160, blank=True)
    description = models.TextField(blank=True)
    authors = ArrayField(models.CharField(max_length=LONGEST_AUTHOR), default=list, db_default=[], blank=True)
    doi = models.CharField(max_length=200, blank=True, default="", db_default="")
    license = models.CharField(max_length=80, default="CC-BY-4.0")
    visibility = models.CharField(max_length=9, choices=Visibility, default=Visibility.PRIVATE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        constraints = [
            # On a hub, and on a disk that ignores case, `Org/Name` is `org/name`.
            models.UniqueConstraint(Lower("org"), Lower("name"), name="dataset_once"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="dataset_visibility_known"),
        ]
        ordering = ["org", "name"]

    def __str__(self) -> str:
        return f"{self.org}/{self.name}"


class Split(models.TextChoices):
    TRAIN = "train", _("Train")
    VALIDATION = "validation", _("Validation")
    TEST = "test", _("Test")


class SplitAssignment(models.Model):
    """The split of a story in a dataset, stored when it is first released and never changed. Append-only."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="splits", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="+")
    split = models.CharField(max_length=12, choices=Split)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "story"], name="split_once"),
            models.CheckConstraint(condition=Q(split__in=Split.values), name="split_known"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id}: {self.split}"


class Pseudonym(models.Model):
    """A reviewer's name in one dataset: an HMAC of the person with a secret stored here and shown nowhere."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="pseudonyms", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    secret = models.BinaryField()
    name = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "user"], name="pseudonym_once"),
            models.UniqueConstraint(fields=["dataset", "name"], name="pseudonym_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
