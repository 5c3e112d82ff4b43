"""Which errors may pass if the work is tried again later, and which cannot."""

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from curation.core.errors import ExemplaError, Unavailable

PASSING = (OperationalError, InterfaceError, ConnectionError, TimeoutError, SoftTimeLimitExceeded, Unavailable)


class Fatal(Exception):
    """Trying again cannot help, whatever work this is."""


def is_retryable(error: BaseException, *, unknown: bool = False) -> bool:
    """Whether trying again later may work: a service was away, or time ran out.

    `unknown` is the answer for errors of a kind that says neither. An error that speaks to a person (`ExemplaError`)
    is for that person to act on, unless it is `Unavailable`.
    """
    if isinstance(error, PASSING):
        return True
    return unknown and not isinstance(error, Fatal | ExemplaError)
