"""Typed errors. Each carries a stable code, its HTTP status, and a sentence that says what to do next."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise


class ExemplaError(Exception):
    """Base of every error that is shown to a person or told to a program.

    `code` names the kind of error for programs and never changes; `status` is the HTTP status of its answer. `data`
    holds, in JSON's types, what a program needs to act on it; none of its keys is one of `problems.MEMBERS`. With
    `retry_after`, in seconds, the answer says when to try again.
    """

    code: ClassVar[str] = "failed"
    status: ClassVar[int] = 400
    title: ClassVar[StrOrPromise] = gettext_lazy("That did not work")

    def __init__(
        self, message: StrOrPromise, *, data: Mapping[str, Any] | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.data = dict(data or {})
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its answer."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class InvalidInput(ExemplaError):
    """What was sent cannot be used; the message says why and what would be."""

    code = "invalid_input"
    status = 422
    title = gettext_lazy("That cannot be used")


class NotAllowed(ExemplaError):
    """This person may not do this."""

    code = "not_allowed"
    status = 403
    title = gettext_lazy("You cannot do that")


class AccessNeeded(ExemplaError):
    """A gated dataset, and this person was not let in; the message says how they can be."""

    code = "access_needed"
    status = 403
    title = gettext_lazy("This dataset is gated")


class NotFound(ExemplaError):
    """There is no such thing, or it is not this person's to see."""

    code = "not_found"
    status = 404
    title = gettext_lazy("Not found")


class Gone(ExemplaError):
    """It was here, and was destroyed for good."""

    code = "gone"
    status = 410
    title = gettext_lazy("That is gone for good")


class NotThisWay(ExemplaError):
    """The address takes only what a form or a script sends to it, or only a visit."""

    code = "not_this_way"
    status = 405
    title = gettext_lazy("That address is not a page")


class Conflict(ExemplaError):
    """The state moved on: somebody else was first, or a lease ran out."""

    code = "conflict"
    status = 409
    title = gettext_lazy("That has changed in the meantime")


class TooMany(ExemplaError):
    """Too many tries in a short time; `retry_after` says when the next may come."""

    code = "too_many"
    status = 429
    title = gettext_lazy("Too many tries")


class Unavailable(ExemplaError):
    """Something this needs is not there at the moment; trying again later can work."""

    code = "unavailable"
    status = 503
    title = gettext_lazy("Not available right now")
