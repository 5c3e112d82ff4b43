"""The states of a story and the moves between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a story stands on its one way through the house."""

    STORED = "stored", _("Stored")
    BLOCKED = "blocked", _("Blocked by a check")
    CHECKED = "checked", _("Checked")
    SCORED = "scored", _("Pre-scored")
    QUEUED = "queued", _("In review")
    ADJUDICATION = "adjudication", _("To be adjudicated")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    REWRITE = "rewrite", _("Sent to rewrite")
    PURGED = "purged", _("Purged")


# From every undecided state to BLOCKED: a check that comes later may find something, too.
_WAYS: dict[State, frozenset[State]] = {
    State.STORED: frozenset({State.CHECKED, State.BLOCKED}),
    State.BLOCKED: frozenset({State.CHECKED}),
    # To ADJUDICATION without having been queued: a safety flag was raised in a queue whose reviews decide nothing.
    State.CHECKED: frozenset({State.SCORED, State.QUEUED, State.ADJUDICATION, State.BLOCKED}),
    State.SCORED: frozenset({State.QUEUED, State.ADJUDICATION, State.BLOCKED}),
    State.QUEUED: frozenset({State.ADJUDICATION, State.ACCEPTED, State.REJECTED, State.REWRITE, State.BLOCKED}),
    # Back to QUEUED: a reviewer withdrew a review that the decision rested on.
    State.ADJUDICATION: frozenset({State.ACCEPTED, State.REJECTED, State.REWRITE, State.QUEUED, State.BLOCKED}),
    # To ADJUDICATION: a reviewer asks for another look, a safety flag is raised, or a check finds something.
    State.ACCEPTED: frozenset({State.ADJUDICATION, State.QUEUED}),
    State.REJECTED: frozenset({State.ADJUDICATION, State.QUEUED}),
    State.REWRITE: frozenset({State.ADJUDICATION, State.QUEUED}),
}
# From everywhere to PURGED, whose text is destroyed; and from there nowhere.
TRANSITIONS: dict[State, frozenset[State]] = {
    **{state: following | {State.PURGED} for state, following in _WAYS.items()},
    State.PURGED: frozenset(),
}
UNDECIDED = frozenset({State.STORED, State.CHECKED, State.SCORED, State.QUEUED, State.ADJUDICATION})
