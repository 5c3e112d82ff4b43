"""Release versions: how they are written, and how far a change must move them."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

WRITTEN = re.compile(r"v(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")


class Version(NamedTuple):
    """MAJOR: schema or acceptance policy changed. MINOR: stories added. PATCH: corrections and withdrawals."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"


def parse(written: str) -> Version:
    """Read `vMAJOR.MINOR.PATCH`; `ValueError` with the reason otherwise."""
    match = WRITTEN.fullmatch(written.strip())
    if match is None:
        text = _("“%(written)s” is not a version: write it as v1.2.3, without leading zeros.")
        raise ValueError(text % {"written": written.strip()[:40]})
    return Version(*(int(part) for part in match.groups()))


def least_next(previous: Version, *, breaking: bool, added: bool) -> Version:
    """Return the smallest version that does not understate the change since `previous`.

    `breaking`: schema, rubric or acceptance policy changed; `added`: there are stories that it did not have.
    """
    if breaking:
        return Version(previous.major + 1, 0, 0)
    if added:
        return Version(previous.major, previous.minor + 1, 0)
    return Version(previous.major, previous.minor, previous.patch + 1)


def understates(version: Version, previous: Version, *, breaking: bool, added: bool) -> str:
    """Return why `version` may not follow `previous`, or an empty string when it may."""
    least = least_next(previous, breaking=breaking, added=added)
    if version <= previous:
        text = _("%(version)s does not come after %(previous)s. The next version is %(least)s or later.")
    elif version >= least:
        return ""
    elif breaking:
        text = _("The schema, rubric or acceptance policy changed since %(previous)s: use %(least)s or later.")
    else:
        text = _("Stories were added since %(previous)s: use %(least)s or later.")
    return text % {"version": version, "previous": previous, "least": least}
