"""Whether an answer was given blind there: the one rule, for whatever makes a review of one or tells of it."""

from django.db.models import Q

from annotations.models import Saw
from curation.argilla.models import ArgillaAnswer


def in_sight(answer: ArgillaAnswer) -> Saw | None:
    """Return what its writer may have seen of the story before they gave this answer; None if it is blind.

    Suggestions are in everybody's sight, from whomever they are; what others answered is in that of owners and admins.
    One that was made an annotator is taken for blind on what nobody had answered until then.
    """
    record, account = answer.record, answer.account
    if record.suggested_at is not None or not record.link.blind:
        return Saw.SCORES
    if account.reads_all:
        return Saw.REVIEWS
    if account.read_until is None:
        return None
    read = ArgillaAnswer.objects.filter(Q(begun_at=None) | Q(begun_at__lte=account.read_until), record=record)
    return Saw.REVIEWS if read.exists() else None
