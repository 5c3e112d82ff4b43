"""Release versions: how they are written, and how far a change must move them."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

WRITTEN = re.compile(r"v(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")


class Version(NamedTuple):
    """MAJOR: schema or acceptance policy changed. MINOR: stories added, or another selection. PATCH: corrections and
    withdrawals."""

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


class VersionChange(NamedTuple):
    """What is another than in the version before.

    `breaking`: schema, rubric, acceptance policy, or whether stories that were not accepted go in; `added`: there are
    stories that it did not have; `reselected`: it asks for another selection.
    """

    breaking: bool = False
    added: bool = False
    reselected: bool = False


def least_next(previous: Version, change: VersionChange) -> Version:
    """Return the smallest version that does not understate the change since `previous`."""
    if change.breaking:
        return Version(previous.major + 1, 0, 0)
    if change.added or change.reselected:
        return Version(previous.major, previous.minor + 1, 0)
    return Version(previous.major, previous.minor, previous.patch + 1)


def understates(version: Version, previous: Version, change: VersionChange) -> str:
    """Return why `version` may not follow `previous`, or an empty string when it may."""
    least = least_next(previous, change)
    if version <= previous:
        text = _("%(version)s does not come after %(previous)s. The next version is %(least)s or later.")
    elif version >= least:
        return ""
    elif change.breaking:
        text = _("The schema, rubric or acceptance policy changed since %(previous)s: use %(least)s or later.")
    elif change.added:
        text = _("Stories were added since %(previous)s: use %(least)s or later.")
    else:
        text = _("The selection is another than that of %(previous)s: use %(least)s or later.")
    return text % {"version": version, "previous": previous, "least": least}
