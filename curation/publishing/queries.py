"""What is published where, what a repository should have, and which targets have yet to tell of a withdrawal."""

import hashlib
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.core.errors import NotFound
from curation.core.storage import storage
from curation.publishing import notices
from curation.publishing.models import HubTarget, Publication
from curation.publishing.permissions import check_can_publish
from curation.publishing.repository import WantedFile
from curation.releases import blobs
from curation.releases.models import Dataset, Release, ReleaseFile, WithdrawnStory, WithdrawnVersion
from curation.releases.queries.withdrawn import withdrawn_of
from curation.releases.story_ids import public_id

README = "README.md"


def targets_of(dataset: Dataset) -> QuerySet[HubTarget]:
    """Return the targets of a dataset that are there."""
    return HubTarget.objects.filter(dataset=dataset, removed_at=None).select_related("dataset").order_by("pk")


def publications_of(release: Release) -> QuerySet[Publication]:
    """Return a version's publications, those at targets that were removed too."""
    rows = Publication.objects.filter(release=release).select_related("target__dataset", "release__dataset")
    return rows.order_by("pk")


def load_target(actor: Actor, pk: int) -> HubTarget:
    """Return a target that is there, of a dataset that `actor` may publish. `NotFound` otherwise."""
    found = (
        HubTarget.objects.filter(pk=pk, removed_at=None, dataset__in=_open_to(actor)).select_related("dataset").first()
    )
    if found is None:
        raise NotFound(_("There is no such target, or it is not open to you."))
    check_can_publish(actor=actor, dataset=found.dataset)
    return found


def load_publication(actor: Actor, pk: int) -> Publication:
    """Return a publication of a dataset that `actor` may publish. `NotFound` otherwise."""
    rows = Publication.objects.filter(pk=pk, target__dataset__in=_open_to(actor))
    found = rows.select_related("target__dataset", "release__dataset", "release__withdrawn").first()
    if found is None:
        raise NotFound(_("There is no such publication, or it is not open to you."))
    check_can_publish(actor=actor, dataset=found.target.dataset)
    return found


def _open_to(actor: Actor | AnonymousUser) -> QuerySet[Dataset]:
    return Dataset.objects.all() if isinstance(actor, System) else Dataset.objects.visible_to(actor)


def in_repository(target: HubTarget) -> QuerySet[Publication]:
    """Return all publications in a target's repository, of targets too that stood for it before."""
    rows = Publication.objects.filter(target__endpoint=target.endpoint, target__repo=target.repo)
    return rows.select_related("release")


def released_files(release: Release) -> list[WantedFile]:
    """Return the files of a version, as a repository is to have them."""
    rows = ReleaseFile.objects.filter(release=release).select_related("blob").order_by("path")
    return [WantedFile(row.path, row.blob.size, row.blob_id, row.blob.git_sha1) for row in rows]


def purged_files(target: HubTarget) -> dict[str, list[WantedFile]]:
    """Return the files that were destroyed with a story, by the versions in a target's repository that had them."""
    rows = ReleaseFile.objects.filter(release__in=in_repository(target).values("release"), blob__purged__isnull=False)
    found: dict[str, list[WantedFile]] = {}
    for row in rows.select_related("blob", "release").order_by("release", "path"):
        wanted = WantedFile(row.path, row.blob.size, row.blob_id, row.blob.git_sha1)
        found.setdefault(row.release.version, []).append(wanted)
    return found


def purged_paths(release: Release) -> set[str]:
    """Return the paths of a version's files that were destroyed."""
    gone = ReleaseFile.objects.filter(release=release, blob__purged__isnull=False)
    return set(gone.values_list("path", flat=True))


def is_purged(release: Release) -> bool:
    """Whether files of a version were destroyed."""
    return bool(purged_paths(release))


def paths_of(releases: Iterable[Release]) -> set[str]:
    """Return every path that one of these versions has a file at."""
    return set(ReleaseFile.objects.filter(release__in=list(releases)).values_list("path", flat=True))


def main_files(target: HubTarget) -> list[WantedFile] | None:
    """Return what the main branch of a target should have: the files of the newest version there that is whole and not
    withdrawn.

    Where its own `withdrawn.json` does not tell of all that was withdrawn since, its card does. Where there is none,
    there is a card alone, which says so. None while nothing is published there.
    """
    rows = in_repository(target).exclude(published_at=None).select_related("release__withdrawn", "release__dataset")
    there = sorted((row.release for row in rows), key=lambda release: release.number, reverse=True)
    if not there:
        return None
    gone = [release for release in there if hasattr(release, "withdrawn")]
    purged = [release for release in there if is_purged(release)]
    newest = next((release for release in there if release not in gone and release not in purged), None)
    if newest is None:
        lines = [_of_version(release) for release in gone]
        lines += [notices.of_purged(release.version) for release in purged if release not in gone]
        readme = next(filter(None, (_text(release, README) for release in there)), "")
        said = notices.card_alone(readme, lines)
        return [made(README, said)]
    files, known = released_files(newest), _told(newest)
    lines = [_of_version(release) for release in gone if release.version not in known]
    lines += [
        notices.of_story(
            public_id(one.story.normal_sha256), newest.version, one.reason, one.withdrawn_at.date().isoformat()
        )
        for one in withdrawn_of(newest)
    ]
    if lines:
        card = made(README, notices.with_notices(_text(newest, README), lines))
        files = [card if file.path == README else file for file in files]
    return files


def made(path: str, text: str) -> WantedFile:
    """Return a file that is made for a repository."""
    content = text.encode()
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return WantedFile(path, len(content), hashlib.sha256(content).hexdigest(), git, content)


def _of_version(release: Release) -> str:
    gone = release.withdrawn
    return notices.of_version(release.version, gone.reason, gone.withdrawn_at.date().isoformat())


def _told(release: Release) -> set[str]:
    """The versions that the release's own list of what was withdrawn has."""
    return {one["version"] for one in release.frozen.get("withdrawn", []) if "version" in one}


def _text(release: Release, path: str) -> str:
    file = ReleaseFile.objects.filter(release=release, path=path, blob__purged__isnull=True).first()
    return b"".join(storage().read(blobs.key_of(file.blob_id))).decode() if file else ""


def withdrawals_of(dataset: Dataset) -> int:
    """Return how many stories and versions of a dataset were withdrawn, and files destroyed. It only grows."""
    stories = WithdrawnStory.objects.filter(dataset=dataset).count()
    files = ReleaseFile.objects.filter(release__dataset=dataset, blob__purged__isnull=False).count()
    return stories + files + WithdrawnVersion.objects.filter(release__dataset=dataset).count()


def behind() -> QuerySet[HubTarget]:
    """Return the targets that have yet to tell of something that was withdrawn, or to lose what was purged. One query.

    Withdrawals are counted rather than dated: one that is committed late has an early date, and counts all the same.
    """

    def counted(rows: QuerySet, of: str) -> Coalesce:  # type: ignore[type-arg]
        return Coalesce(Subquery(rows.order_by().values(of).annotate(n=Count("pk")).values("n")), 0)

    stories = counted(WithdrawnStory.objects.filter(dataset=OuterRef("dataset")), "dataset")
    versions = counted(WithdrawnVersion.objects.filter(release__dataset=OuterRef("dataset")), "release__dataset")
    purged = ReleaseFile.objects.filter(release__dataset=OuterRef("dataset"), blob__purged__isnull=False)
    files = counted(purged, "release__dataset")
    there = Publication.objects.filter(published_at__isnull=False).values("target")
    return (
        HubTarget.objects.filter(removed_at=None, pk__in=there)
        .annotate(gone=stories + versions + files)
        .filter(gone__gt=F("told"))
    )
