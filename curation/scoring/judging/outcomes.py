"""What becomes of a job whose call is over, whatever it came to."""

from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from curation.core.errors import ExemplaError
from curation.core.leases import Fatal
from curation.llm.errors import (
    AnswerLost,
    AnswerUnusable,
    BudgetSpent,
    PriceUnknown,
    ProviderLimited,
    ProviderRefused,
    ProviderUnreachable,
    RequestRejected,
)
from curation.scoring.actions.answers import Received
from curation.scoring.judging.taking import JobInHand
from curation.scoring.models.run import PausedBy

# Without a word from the provider, and while nobody can say when it is back, in seconds.
SOON = 1
# A wait that is longer is meant for everybody.
LONG = 5


class NoAnswer(Exception):
    """A call that came to nothing for this story, while others were answered. Another attempt may do better."""


@dataclass(frozen=True)
class Paid:
    """Something came, and is kept before anything is read in it."""

    asked: JobInHand
    received: Received


@dataclass(frozen=True)
class Back:
    """Nobody is to blame: the job waits for `seconds`, and this was no attempt.

    `holds_up_others` says that the whole run had better wait as long.
    """

    asked: JobInHand
    seconds: int = 0
    holds_up_others: bool = False


@dataclass(frozen=True)
class PutOff:
    """An attempt that failed: another one follows, or none where `error` says that it would do no better."""

    asked: JobInHand
    error: Exception


@dataclass(frozen=True)
class Stopped:
    """No call of this run can do better: it is paused, and a person sees why."""

    run: int
    by: PausedBy
    note: str


Outcome = Paid | Back | PutOff | Stopped


def outcomes_of(error: Exception, asked: JobInHand, *, is_its_own: bool) -> list[Outcome]:
    """Return what follows from an error of a call.

    `is_its_own` says that the provider answers others: then its silence is about this story, and counts.
    """
    if isinstance(error, ProviderUnreachable) and is_its_own:
        return [PutOff(asked, NoAnswer(error.message))]
    if isinstance(error, ProviderUnreachable | ProviderLimited):
        wait = error.retry_after or SOON
        return [Back(asked, wait, holds_up_others=error.for_everybody or wait > LONG)]
    if isinstance(error, OperationalError | InterfaceError):
        return [Back(asked, SOON)]
    if isinstance(error, BudgetSpent):
        return [Back(asked), Stopped(asked.run, PausedBy.BUDGET, error.message)]
    if isinstance(error, ProviderRefused | PriceUnknown):
        return [Back(asked), Stopped(asked.run, PausedBy.PROVIDER, error.message)]
    if isinstance(error, RequestRejected):
        return [PutOff(asked, Fatal(error.message))]
    if isinstance(error, AnswerUnusable):
        if error.raw and error.spend_id is not None and error.code == AnswerUnusable.code:
            received = Received(asked.job, asked.story.id, asked.sample, raw=error.raw, spend=error.spend_id)
            return [Paid(asked, received)]
        return [PutOff(asked, NoAnswer(error.message))]
    if isinstance(error, ExemplaError):
        return [PutOff(asked, error)]
    return [PutOff(asked, NoAnswer(repr(error)))]


def was_answered(error: Exception) -> bool:
    """Whether the provider has said something about the call, however little use it was."""
    return isinstance(error, AnswerUnusable) and not isinstance(error, AnswerLost)
