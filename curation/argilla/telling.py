"""Stored sentences of this room in the reader's language."""

from curation.argilla import bringing_in, faults, shaping
from curation.core.stored_translations import translate_stored


def reason_in_words(stored: str) -> str:
    """Return what an answer waits for, or what is in a link's way, in the reader's language."""
    return translate_stored(stored, (*bringing_in.FORMS, *shaping.FORMS, *faults.FORMS, *IN_THE_WAY))


# What `annotations` says where an answer cannot be a review yet.
IN_THE_WAY = (
    "They are reading this story here. It comes in once that has ended.",
    "They have reviewed this story here, and a person counts once.",
    "They passed on this story here. If they take that back, it comes in.",
    "Their turn at this story is over, and a person has one.",
    "They hold this story in another queue.",
    "The queue is paused. It comes in once the queue goes on.",
    "The queue is closed. It comes in if the queue is opened again.",
    "%(name)s is not in the queue. A curator can add them.",
    "%(name)s does not review: their account is closed or has another role.",
    "Still to rate: %(names)s.",
    "Mark the passage that shows “%(name)s”.",
    "Say conduct, intent and portrayal for each passage of “%(name)s”.",
    "This queue asks its readers to pass the practice round once, before they begin.",
    "This story was purged: nothing more is said of it.",
)
