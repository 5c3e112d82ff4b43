"""Licences: which stories may go into a public dataset under which licence."""

from collections.abc import Iterable

from curation.stories.licence_names import spdx

# What a licence asks of whoever passes a text on. All here let anyone copy and change it.
NOTICE, ATTRIBUTION, SHARE_ALIKE, NON_COMMERCIAL = "notice", "attribution", "share alike", "non-commercial"
_BY = {NOTICE, ATTRIBUTION}
# By SPDX identifier, from the least to the most demanding.
DEMANDS: dict[str, set[str]] = {
    "CC0-1.0": set(),
    "PDDL-1.0": set(),
    "Unlicense": set(),
    "MIT": {NOTICE},
    "Apache-2.0": {NOTICE},
    "BSD-3-Clause": {NOTICE},
    "CDLA-Permissive-2.0": {NOTICE},
    "ODC-By-1.0": _BY,
    "CC-BY-3.0": _BY,
    "CC-BY-4.0": _BY,
    "CC-BY-SA-4.0": {*_BY, SHARE_ALIKE},
    "CC-BY-NC-4.0": {*_BY, NON_COMMERCIAL},
    "CC-BY-NC-SA-4.0": {*_BY, NON_COMMERCIAL, SHARE_ALIKE},
}
KNOWN = tuple(DEMANDS)

# The Hub's own identifiers, where they are not the SPDX one in lower case.
_HUB = {"ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl"}


def known(written: str) -> str:
    """Return the identifier of the licence that `written` means, if it is one of `KNOWN`; else an empty string."""
    name = spdx(written)
    return name if name in DEMANDS else ""


def hub_name(written: str) -> str:
    """Return the identifier that dataset cards use; `other` for a licence that is not known here."""
    name = known(written)
    return _HUB.get(name, name.lower()) if name else "other"


def may_go_under(story: str, dataset: str) -> bool:
    """Whether a text under licence `story` may be published in a dataset under licence `dataset`.

    The dataset has to ask for at least what the text asks for; one that is to be shared alike goes under its own only.
    """
    inner, outer = known(story), known(dataset)
    if not inner or not outer:
        return False
    return inner == outer or (DEMANDS[inner] <= DEMANDS[outer] and SHARE_ALIKE not in DEMANDS[inner])


def for_all(stories: Iterable[str]) -> list[str]:
    """Return the licences that a dataset of texts under these licences could have, the least demanding first."""
    given = set(stories)
    return [outer for outer in KNOWN if all(may_go_under(inner, outer) for inner in given)]


def address(written: str) -> str:
    """Return the page of a licence in the SPDX list; for one that is not known here, its name as it was written."""
    name = known(written)
    return f"https://spdx.org/licenses/{name}.html" if name else written or "unknown"
