"""Waking the worker that publishes."""

from curation.core.jobs import nudge

TASK = "publishing.run"


def wake_worker() -> None:
    """Have a worker look for publications after the commit."""
    nudge(TASK)
