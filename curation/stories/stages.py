"""The states of a story and the moves between them."""

from django.db import models


class State(models.TextChoices):
    """Where a story stands on its one way through the house."""

    STORED = "stored", "Stored"
    BLOCKED = "blocked", "Blocked by a check"
    CHECKED = "checked", "Checked"
    SCORED = "scored", "Pre-scored"
    QUEUED = "queued", "In review"
    ADJUDICATION = "adjudication", "To be settled"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    REWRITE = "rewrite", "Sent to rewrite"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.STORED: frozenset({State.CHECKED, State.BLOCKED}),
    State.BLOCKED: frozenset({State.CHECKED}),
    State.CHECKED: frozenset({State.SCORED, State.QUEUED}),
    State.SCORED: frozenset({State.QUEUED}),
    State.QUEUED: frozenset({State.ADJUDICATION, State.ACCEPTED, State.REJECTED, State.REWRITE}),
    # Back to QUEUED: a reviewer withdrew a review that the decision rested on.
    State.ADJUDICATION: frozenset({State.ACCEPTED, State.REJECTED, State.REWRITE, State.QUEUED}),
    State.ACCEPTED: frozenset({State.ADJUDICATION, State.QUEUED}),
    State.REJECTED: frozenset({State.ADJUDICATION, State.QUEUED}),
    State.REWRITE: frozenset({State.ADJUDICATION, State.QUEUED}),
}
UNDECIDED = frozenset({State.STORED, State.CHECKED, State.SCORED, State.QUEUED, State.ADJUDICATION})
