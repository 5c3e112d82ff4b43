"""Telling receivers of a release that everybody who may open its dataset can download."""

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
