"""Putting what somebody named between the quotation marks of the language of whoever looks."""

from django.utils.translation import gettext as _


def quoted(name: str) -> str:
    """Return `name` in quotation marks."""
    return _("“%(name)s”") % {"name": name}
