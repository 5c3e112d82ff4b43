"""Licences: which stories may go into a public dataset under which licence."""

import re

# SPDX identifiers that allow anyone to copy and change the text, from the least to the most demanding.
OPEN = ("CC0-1.0", "PDDL-1.0", "Unlicense")
ATTRIBUTION = ("MIT", "Apache-2.0", "BSD-3-Clause", "ODC-By-1.0", "CDLA-Permissive-2.0", "CC-BY-3.0", "CC-BY-4.0")
SHARE_ALIKE = ("CC-BY-SA-4.0",)
NON_COMMERCIAL = ("CC-BY-NC-4.0",)
NON_COMMERCIAL_SHARE_ALIKE = ("CC-BY-NC-SA-4.0",)
KNOWN = (*OPEN, *ATTRIBUTION, *SHARE_ALIKE, *NON_COMMERCIAL, *NON_COMMERCIAL_SHARE_ALIKE)

_SPELLED = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in KNOWN}
_SPELLED |= {"cc0": "CC0-1.0", "publicdomain": "CC0-1.0", "ccby": "CC-BY-4.0", "apache2": "Apache-2.0"}
_SPELLED |= {"ccbysa": "CC-BY-SA-4.0", "ccbync": "CC-BY-NC-4.0", "ccbyncsa": "CC-BY-NC-SA-4.0"}

# The Hub's own identifiers, where they are not the SPDX one in lower case.
_HUB = {"ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl"}


def known(written: str) -> str:
    """Return the SPDX identifier that `written` means (`cc by 4.0` -> `CC-BY-4.0`), or an empty string."""
    return _SPELLED.get(re.sub(r"[^a-z0-9]", "", written.lower()), "")


def hub_name(written: str) -> str:
    """Return the identifier that dataset cards use; `other` for a licence that is not known here."""
    name = known(written)
    return _HUB.get(name, name.lower()) if name else "other"


def may_go_under(story: str, dataset: str) -> bool:
    """Whether a text under licence `story` may be published in a dataset under licence `dataset`."""
    inner, outer = known(story), known(dataset)
    if not inner or not outer:
        return False
    if inner in OPEN:
        return True
    if inner in ATTRIBUTION:
        return outer not in OPEN
    if inner in NON_COMMERCIAL:
        return outer in (*NON_COMMERCIAL, *NON_COMMERCIAL_SHARE_ALIKE)
    return inner == outer


def address(written: str) -> str:
    """Return the page of a licence in the SPDX list; for one that is not known here, its name as it was written."""
    name = known(written)
    return f"https://spdx.org/licenses/{name}.html" if name else written or "unknown"
