from annotations.models.assignment import Assignment, Bookmark, Draft, Recusal, Saw
from annotations.models.consent import Consent
from annotations.models.decision import Decision
from annotations.models.practice import PracticeAttempt
from annotations.models.queue import Item, Membership, Queue
from annotations.models.review import Rating, Review, ReviewFlag, Seal, Span, Withdrawal

__all__ = [
    "Assignment",
    "Bookmark",
    "Consent",
    "Decision",
    "Draft",
    "Item",
    "Membership",
    "PracticeAttempt",
    "Queue",
    "Rating",
    "Recusal",
    "Review",
    "ReviewFlag",
    "Saw",
    "Seal",
    "Span",
    "Withdrawal",
]
