"""Telling receivers of a release that can be downloaded, and of one that should not be any more."""

from curation.releases.models import Release
from curation.webhooks.emitting import emit


def announce_built(release: Release, manifest_sha256: str) -> None:
    """Send `release.built`, in the transaction that builds or approves it."""
    emit(
        event="release.built",
        thing="release",
        key=f"{release.dataset}/releases/{release.version}",
        id=release.pk,
        dataset=str(release.dataset),
        version=release.version,
        manifest_sha256=manifest_sha256,
    )


def announce_withdrawn(release: Release) -> None:
    """Send `release.withdrawn`, in the transaction that withdraws it."""
    emit(
        event="release.withdrawn",
        thing="release",
        key=f"{release.dataset}/releases/{release.version}",
        id=release.pk,
        dataset=str(release.dataset),
        version=release.version,
    )
