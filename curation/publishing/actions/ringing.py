"""Waking the worker that publishes."""

from curation.core.jobs import nudge

TASK = "publishing.run"


def ring() -> None:
    """Have a worker look for publications after the commit."""
    nudge(TASK)
