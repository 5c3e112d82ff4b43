from annotations.models.assignment import Assignment, Bookmark, Draft, Recusal, Saw
from annotations.models.consent import Consent
from annotations.models.decision import Decision
from annotations.models.practice import PracticeAttempt
from annotations.models.queue import Item, Membership, Queue
from annotations.models.review import Finalization, Rating, Review, ReviewFlag, Span, Withdrawal

__all__ = [
    "Assignment",
    "Bookmark",
    "Consent",
    "Decision",
    "Draft",
    "Finalization",
    "Item",
    "Membership",
    "PracticeAttempt",
    "Queue",
    "Rating",
    "Recusal",
    "Review",
    "ReviewFlag",
    "Saw",
    "Span",
    "Withdrawal",
]
