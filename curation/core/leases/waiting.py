"""What leased work that is not getting on waits for, in a word that a page can turn into a sentence."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

from django.utils import timezone

from curation.core.leases.model import Leased

# A worker that runs takes up what is due within a few seconds.
SOON = timedelta(seconds=15)
Waiting = Literal["", "again", "turn", "nobody", "gone"]


def waits_for(work: Leased, *, others: Iterable[Leased] | None = None) -> Waiting:
    """Say what `work` waits for; empty while it is being done, has ended, or has only just become due.

    "again": it met an error and is tried again later. "turn": a worker is busy with other work of the kind. "nobody":
    no worker has taken it up. "gone": the worker that had it has stopped. `others` are all that are held of the kind,
    where the caller has them already.
    """
    terms, now = work.terms, timezone.now()
    if work.state == terms.held:
        return "gone" if work.lease_until is not None and work.lease_until < now else ""
    if work.state != terms.waiting:
        return ""
    if work.next_at > now:
        return "again"
    if now - work.next_at < SOON:
        return ""
    if others is None:
        busy = type(work)._default_manager.filter(state=terms.held, lease_until__gt=now).exists()
    else:
        busy = any(one.state == terms.held and one.lease_until and one.lease_until > now for one in others)
    return "turn" if busy else "nobody"
