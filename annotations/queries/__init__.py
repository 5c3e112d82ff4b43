"""Reading what the human side holds, each through the eyes of one person."""

from annotations.queries.assignments import (
    door_to,
    load_assignment,
    open_assignment,
    queue_of,
    queues_for,
    themes_of,
)
from annotations.queries.decisions import decisions_of, load_unsettled, reviews_in_full, unsettled, who_may_settle
from annotations.queries.progress import Progress, progress

__all__ = [
    "Progress",
    "decisions_of",
    "door_to",
    "load_assignment",
    "load_unsettled",
    "open_assignment",
    "progress",
    "queue_of",
    "queues_for",
    "reviews_in_full",
    "themes_of",
    "unsettled",
    "who_may_settle",
]
