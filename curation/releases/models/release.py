"""Releases: immutable versions of a dataset, the rows frozen for them, and their files."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from annotations.models import Decision
from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.releases.card.loading_code import loading_code
from curation.releases.manifest import rows_by_split
from curation.releases.models.dataset import Dataset, Split
from curation.releases.versions import Version
from curation.standards.models import AcceptancePolicy, Rubric
from curation.stories.models import Story

if TYPE_CHECKING:
    from curation.accounts.models import User


class ReleaseState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    BUILDING = "building", _("Building")
    # It has all its files, and is shown to nobody but curators before a second person has approved it.
    AWAITING = "awaiting", _("Awaits approval")
    BUILT = "built", _("Built")
    FAILED = "failed", _("Failed")
    # It failed, was declined or was taken back, and will never be built. Its name stays taken.
    ABANDONED = "given_up", _("Abandoned")


TRANSITIONS: dict[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.PENDING: frozenset({ReleaseState.BUILDING}),
    # Back to PENDING: its worker stopped, or met an error that may pass.
    ReleaseState.BUILDING: frozenset(
        {ReleaseState.PENDING, ReleaseState.AWAITING, ReleaseState.BUILT, ReleaseState.FAILED}
    ),
    ReleaseState.AWAITING: frozenset({ReleaseState.BUILT, ReleaseState.ABANDONED}),
    ReleaseState.BUILT: frozenset(),
    ReleaseState.FAILED: frozenset({ReleaseState.PENDING, ReleaseState.ABANDONED}),
    ReleaseState.ABANDONED: frozenset(),
}
# Another version of the same dataset can be asked for once one is in these.
OVER = [ReleaseState.BUILT, ReleaseState.ABANDONED]
# It has a manifest, and all its files are in the storage.
COMPLETE = [ReleaseState.BUILT, ReleaseState.AWAITING]


class Blob(models.Model):
    """A file's bytes, stored once under their SHA-256. Append-only."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    size = models.BigIntegerField()
    git_sha1 = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Those that this person may open: built ones of datasets they may open; curators see unfinished ones too, of
        the datasets within their limits."""
        built = Q(state=ReleaseState.BUILT)
        if user.is_authenticated and user.is_curator:
            built |= Q(dataset__in=Dataset.objects.within_limits_of(user))
        return self.filter(built, dataset__in=Dataset.objects.visible_to(user))

    def current(self) -> Self:
        """Built ones that are whole and were not withdrawn, the newest version first: the first of a dataset is its
        newest. One of which files were destroyed is not whole."""
        destroyed = ReleaseFile.objects.filter(release=OuterRef("pk"), blob__purged__isnull=False)
        found = self.filter(~Exists(destroyed), state=ReleaseState.BUILT, withdrawn__isnull=True)
        return found.order_by("-major", "-minor", "-patch")


class Release(Leased):
    """One version. `frozen` holds what the build reads besides its items (seed, code version, judge versions, counts).

    It is empty, and there are no items, until a worker has frozen the rows. Once built, a trigger refuses every change;
    while it awaits approval, every change but to be built or abandoned.
    """

    terms = Terms(waiting=ReleaseState.PENDING, held=ReleaseState.BUILDING, failed=ReleaseState.FAILED)

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="releases", db_index=False)
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(AcceptancePolicy, on_delete=models.PROTECT, related_name="+")
    notes = models.TextField(blank=True)
    # Of `releases.formats`, in which it has its stories besides Parquet.
    formats = ArrayField(models.CharField(max_length=12), default=list, db_default=[], blank=True)
    # Whether it takes no story that the version before of its MINOR does not have.
    only_corrects = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=8, choices=ReleaseState, default=ReleaseState.PENDING)
    frozen = models.JSONField(default=dict)
    manifest = models.JSONField(null=True, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    built_at = models.DateTimeField(null=True, blank=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "major", "minor", "patch"], name="release_version_once"),
            models.CheckConstraint(condition=Q(state__in=ReleaseState.values), name="release_state_known"),
            models.CheckConstraint(
                condition=Q(formats__contained_by=["jsonl", "messages", "text"]), name="release_formats_known"
            ),
            models.CheckConstraint(
                condition=Q(only_corrects=False) | Q(patch__gt=0), name="release_correction_is_a_patch"
            ),
            held_has_lease(ReleaseState.BUILDING, "release_held_while_building"),
            models.UniqueConstraint(
                fields=["dataset"], condition=~Q(state__in=["built", "given_up"]), name="release_one_unfinished"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["built", "awaiting"]) | (Q(manifest__isnull=False) & ~Q(manifest_sha256="")),
                name="release_built_has_manifest",
            ),
        ]
        indexes = [
            # Serves the worker's search for a release to build.
            models.Index(fields=["id"], condition=Q(state__in=["pending", "building"]), name="release_due"),
        ]
        ordering = ["dataset", "-major", "-minor", "-patch"]

    def __str__(self) -> str:
        return f"{self.dataset} {self.version}"

    @property
    def version(self) -> str:
        """The tag, `vMAJOR.MINOR.PATCH`."""
        return str(self.number)

    @property
    def number(self) -> Version:
        """The version as numbers that compare."""
        return Version(self.major, self.minor, self.patch)

    @property
    def complete(self) -> bool:
        """Whether it has all its files, approved or not."""
        return self.state in COMPLETE

    @property
    def folder(self) -> str:
        """The name that a download of this version goes by."""
        return f"{self.dataset.org}-{self.dataset.name}-{self.version}"

    @property
    def loading_code(self) -> str:
        """Python that loads a built version from its download."""
        return loading_code(self.folder, rows_by_split(self.manifest or {"files": []}))


class ReleaseItem(models.Model):
    """One story in one release, with exactly what was known of it when the row set was frozen. Append-only.

    `review_ids` are its blind first reviews; `facts` is what could still change elsewhere: licence, source, tags,
    duplicate cluster, lineage, the reason for the decision in short, and as `published` those of the reviews whose
    authors let them be shown by themselves.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="items", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+", db_index=False)
    split = models.CharField(max_length=12, choices=Split)
    tier = models.CharField(max_length=12)
    weight = models.FloatField()
    review_ids = models.JSONField(default=list)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "story"], name="release_item_once")]
        ordering = ["story"]

    def __str__(self) -> str:
        return f"{self.story_id} in {self.release_id}"


class ReleaseFile(models.Model):
    """A file of a release's repository. Append-only."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="files", db_index=False)
    path = models.CharField(max_length=200)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "path"], name="release_file_once")]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path

    @property
    def is_purged(self) -> bool:
        """Whether its bytes were destroyed with a story that they had. Its name and its hash stay."""
        return hasattr(self.blob, "purged")
