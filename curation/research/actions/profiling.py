"""Counting a release once it is built: what the pages draw, and where the rows of its stories lie."""

import logging

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from curation.core.jobs import nudge
from curation.core.storage import FileMissing, StorageUnavailable
from curation.releases.models import Release
from curation.releases.models.release import COMPLETE
from curation.research.models import Profile, RowGroup
from curation.research.rows.counting import counted

log = logging.getLogger(__name__)
# A release with a file missing is tried again after this.
AGAIN_SECONDS = 3600
# So many stories are counted within a second.
AT_ONCE = 5_000


def make_profile(*, release: Release) -> Profile:
    """Read the files of a release that has them all, and store what was counted; once, whoever asks first.

    `FileMissing` when a file is gone from the storage, `StorageUnavailable` while that is away.
    """
    figures, groups = counted(release)
    try:
        with transaction.atomic():
            made = Profile.objects.create(release=release, figures=figures)
            RowGroup.objects.bulk_create(groups, batch_size=2_000)
    except IntegrityError:
        return Profile.objects.get(release=release)
    return made


def make_profiles_due() -> None:
    """Count the releases that are not counted yet, the newest first."""
    done = Profile.objects.filter(release=OuterRef("pk"))
    due = Release.objects.filter(~Exists(done), state__in=COMPLETE).defer("manifest", "frozen")
    for release in due.order_by("-id"):
        if not cache.add(tried := f"research.profile:{release.pk}:{release.created_at.timestamp()}", 1, AGAIN_SECONDS):
            continue
        try:
            make_profile(release=release)
        except (FileMissing, StorageUnavailable) as error:
            log.warning("the rows of %s could not be counted (%s)", release.pk, type(error).__name__)
        else:
            cache.delete(tried)


def profile_of(release: Release) -> Profile | None:
    """Return what was counted of a release: a small one is counted now, and a worker is asked for a large one.

    None until then, and where a file is gone from the storage.
    """
    kept = Profile.objects.filter(release=release).first()
    if kept is not None or not release.complete:
        return kept
    if release.rows_total > AT_ONCE:
        nudge("research.profile")
        return None
    try:
        return make_profile(release=release)
    except (FileMissing, StorageUnavailable):
        return None
