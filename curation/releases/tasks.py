"""The worker's side of releases."""

from celery import shared_task

from curation.releases.actions import build_due, carry_out_look, discard_abandoned


# A build renews its own lease; the limit only ends one that hangs.
@shared_task(name="releases.build", soft_time_limit=3 * 3600, time_limit=3 * 3600 + 60)
def build() -> None:
    """Build the releases that wait."""
    build_due()


@shared_task(name="releases.look")
def look(ticket: str) -> None:
    """Count what would go into a version that somebody looks at."""
    carry_out_look(ticket)


@shared_task(name="releases.discard_abandoned")
def discard_abandoned_files() -> None:
    """Remove files that builds stored and no release came of."""
    discard_abandoned()
