"""HTTP to a Hub, and what went wrong with a call in words.

The client of the Hub would sleep and try again by itself; here a worker gives the work back and takes it up later.
"""

import httpx2
from django.conf import settings

from curation.publishing.faults import BROKEN, LATE, REFUSED, SLOWER, UNREACHABLE, HubTrouble
from curation.webhooks import calling
from curation.webhooks.calling import Missed, Once


def trouble(missed: Missed) -> HubTrouble:
    """Return what is told of a call that was missed. All but one that was refused may pass."""
    words = {
        "refused": REFUSED % {"host": missed.host},
        "late": LATE,
        "unreachable": UNREACHABLE,
        "slower": SLOWER,
        "broken": BROKEN % {"status": missed.status},
    }[missed.why]
    return HubTrouble(words, passes=missed.why != "refused", after=missed.after, status=missed.status)


def client() -> httpx2.Client:
    """Return the client that is used for every call to a Hub."""
    transport = Once(to_private=lambda: settings.PUBLISHING_TO_PRIVATE_ADDRESSES, told=trouble)
    return calling.client(transport, follow_redirects=True)
