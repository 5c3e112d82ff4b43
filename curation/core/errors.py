"""Typed errors. Each carries its HTTP status and a sentence that says what to do next."""

from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise


class ExemplaError(Exception):
    """Base of every error that is shown to a person. `status` is the HTTP status of its page."""

    status = 400
    title: StrOrPromise = gettext_lazy("That did not work")

    def __init__(self, message: StrOrPromise) -> None:
        super().__init__(str(message))
        self.message = str(message)


class InvalidInput(ExemplaError):
    """What was sent cannot be used; the message says why and what would be."""

    status = 422
    title = gettext_lazy("That cannot be used")


class NotAllowed(ExemplaError):
    """This person may not do this."""

    status = 403
    title = gettext_lazy("You cannot do that")


class NotFound(ExemplaError):
    """There is no such thing, or it is not this person's to see."""

    status = 404
    title = gettext_lazy("Not found")


class NotThisWay(ExemplaError):
    """The address takes only what a form or a script sends to it, or only a visit."""

    status = 405
    title = gettext_lazy("That address is not a page")


class Conflict(ExemplaError):
    """The state moved on: somebody else was first, or a lease ran out."""

    status = 409
    title = gettext_lazy("That has changed in the meantime")


class Unavailable(ExemplaError):
    """Something this needs is not there at the moment; trying again later can work."""

    status = 503
    title = gettext_lazy("Not available right now")
