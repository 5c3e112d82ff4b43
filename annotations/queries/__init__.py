"""Reading what the human side holds, each through the eyes of one person."""

from annotations.queries.assignments import (
    load_assignment,
    open_assignment,
    queue_access,
    queue_of,
    queues_for,
    themes_of,
)
from annotations.queries.decisions import (
    awaiting_adjudication,
    decisions_of,
    load_awaiting_adjudication,
    reviews_in_full,
    who_may_adjudicate,
)
from annotations.queries.progress import QueueProgress, progress

__all__ = [
    "QueueProgress",
    "awaiting_adjudication",
    "decisions_of",
    "load_assignment",
    "load_awaiting_adjudication",
    "open_assignment",
    "progress",
    "queue_access",
    "queue_of",
    "queues_for",
    "reviews_in_full",
    "themes_of",
    "who_may_adjudicate",
]
