"""Looking at what would go into a version of many stories: a worker counts, and the page asks whether it is there.

Nothing is kept of it but in the cache, for as long as somebody may look at the page: what is lost is asked for again.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone, translation

from curation.accounts.models import User
from curation.core.cache import redis_answers
from curation.core.jobs import nudge
from curation.releases.models import Dataset
from curation.releases.queries.candidates import plan
from curation.releases.queries.fates import more_accepted_than
from curation.releases.queries.look import ReleaseLook, look_at
from curation.releases.queries.outlook import Weakest, weakest
from curation.releases.selecting import SelectionChoice
from curation.releases.versions import Version

TASK = "releases.look"
# Where more are accepted, a worker counts.
AT_ONCE = 2_000
KEPT_SECONDS = 15 * 60
# The name of a time before which nothing is answered with.
SINCE = "releases.look:since"
# Until then a worker may have had other things to do; so often one is asked again, as a message may be lost.
SOON = timedelta(seconds=15)
# For so long another worker does not count the same.
TAKEN_SECONDS = 120
TICKET = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class AskedLook:
    """What somebody wants to know: what would go into a version of `dataset`, by the key, as `plan` takes it."""

    user: int
    dataset: int
    language: str
    number: Version | None
    choice: SelectionChoice | None
    only_corrects: bool
    since: datetime

    @property
    def waits_long(self) -> bool:
        """Whether a worker should have come by now."""
        return timezone.now() - self.since > SOON


@dataclass(frozen=True)
class LeastAgreed:
    """The criterion that reviewers agree on least, once that is worked out; None for too few ratings to say."""

    criterion: Weakest | None


def takes_long() -> bool:
    """Whether so many stories are accepted that nobody should wait for them in a request, and a worker can be asked."""
    return more_accepted_than(AT_ONCE) and redis_answers()


def ask_look(
    *, user: User, dataset: Dataset, number: Version | None, choice: SelectionChoice | None, only_corrects: bool
) -> str:
    """Ask a worker what would go in, and return the ticket by which it is looked for."""
    ticket = secrets.token_urlsafe(16)
    asked = AskedLook(user.pk, dataset.pk, translation.get_language(), number, choice, only_corrects, timezone.now())
    cache.set(_question(ticket), asked, KEPT_SECONDS)
    nudge(TASK, ticket, expires=KEPT_SECONDS)
    return ticket


def asked_look(*, user: User, dataset: Dataset, ticket: str) -> AskedLook | None:
    """Return what a ticket of this person asks about this dataset; None for another, or one that is forgotten."""
    asked: AskedLook | None = cache.get(_question(ticket)) if TICKET.fullmatch(ticket) else None
    return asked if asked is not None and (asked.user, asked.dataset) == (user.pk, dataset.pk) else None


def found_look(ticket: str) -> ReleaseLook | None:
    """Return what a worker has found, or None until then. Only for whoever has `asked_look` it."""
    found: ReleaseLook | None = cache.get(_look(ticket))
    return found


def ask_look_again(ticket: str, asked: AskedLook) -> None:
    """Ask a worker once more, every `SOON` at most, where none has come for so long: a message may be lost."""
    if asked.waits_long and cache.add(f"{_question(ticket)}:again", True, SOON.seconds):
        nudge(TASK, ticket, expires=KEPT_SECONDS)


def found_weakest(ticket: str) -> LeastAgreed | None:
    """Return the criterion that reviewers agree on least, or None until that is worked out."""
    found: LeastAgreed | None = cache.get(_weakest(ticket))
    return found


def carry_out_look(ticket: str) -> None:
    """Count what would go in, and then how far reviewers agree, which takes all ratings; for `found_*`."""
    asked: AskedLook | None = cache.get(_question(ticket))
    if asked is None or not cache.add(f"{_question(ticket)}:taken", True, TAKEN_SECONDS):
        return
    # What is forgotten meanwhile, this shall not bring back.
    look, agreed = _look(ticket), _weakest(ticket)
    user, dataset = User.objects.get(pk=asked.user), Dataset.objects.get(pk=asked.dataset)
    with translation.override(asked.language):
        found = plan(dataset, number=asked.number, choice=asked.choice, only_corrects=asked.only_corrects, reader=user)
        cache.set(look, look_at(found, agreement=False), KEPT_SECONDS)
        if found.policy:
            cache.set(agreed, LeastAgreed(weakest(found.policy.rubric)), KEPT_SECONDS)


def forget_looks() -> None:
    """Answer nobody any more with what was found until now, as it names stories; who waits asks anew."""
    cache.set(SINCE, secrets.token_hex(8), 2 * KEPT_SECONDS)


def _question(ticket: str) -> str:
    return f"releases.look:{cache.get(SINCE, '')}:{ticket}"


def _look(ticket: str) -> str:
    return f"{_question(ticket)}:found"


def _weakest(ticket: str) -> str:
    return f"{_question(ticket)}:weakest"
