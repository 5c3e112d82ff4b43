"""What somebody may have seen of a story there: whether an answer was given blind, and who is recused here for it.

The one rule, for whatever makes a review of an answer, sends suggestions or tells of either.
"""

from collections.abc import Collection

from django.db.models import Q

from annotations.actions import recuse_from
from annotations.models import Saw
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaRecord, ArgillaServer

# The records that have suggestions in everybody's sight, from whomever; `in_sight` asks the same of one.
SUGGESTED = Q(link__judge__isnull=False) | Q(suggested_at__isnull=False)


def in_sight(answer: ArgillaAnswer) -> Saw | None:
    """Return what its writer may have seen of the story before they gave this answer; None if it is blind.

    What others answered is in sight of owners and admins. One that was made an annotator is taken for blind on what
    nobody had answered until then.
    """
    record, account = answer.record, answer.account
    if record.link.judge_id is not None or record.suggested_at is not None:
        return Saw.SCORES
    if account.reads_all:
        return Saw.REVIEWS
    if account.read_until is None:
        return None
    read = ArgillaAnswer.objects.filter(Q(begun_at=None) | Q(begun_at__lte=account.read_until), record=record)
    return Saw.REVIEWS if read.exists() else None


def recuse_all(server: ArgillaServer, stories: Collection[int]) -> None:
    """Recuse everybody who has an account there from stories (ids) that have suggestions there, or are to get them."""
    known = ArgillaPerson.objects.filter(server=server, person__isnull=False).select_related("person")
    for account in known.order_by("person"):
        if account.person is not None:
            recuse_from(user=account.person, stories=list(stories), saw=Saw.SCORES)


def recuse_one(account: ArgillaPerson) -> None:
    """Recuse the person of an account from all stories that have suggestions there."""
    if account.person is not None:
        shown = ArgillaRecord.objects.filter(SUGGESTED, link__server=account.server_id)
        recuse_from(user=account.person, stories=shown.values_list("item__story", flat=True), saw=Saw.SCORES)
