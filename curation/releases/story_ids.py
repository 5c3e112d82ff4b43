"""How stories are named in releases."""

import re

from django.utils.translation import gettext as _

from curation.core.errors import InvalidInput

WRITTEN = re.compile(r"(?:story-)?0*([1-9][0-9]{0,17})")


def public_id(story: int) -> str:
    """Return the id that a story has in all releases."""
    return f"story-{story:08d}"


def story_of(written: str) -> int:
    """Return the key of a story that is written as releases do (`story-00000012`); `InvalidInput` for other words."""
    found = WRITTEN.fullmatch(written.strip())
    if found is None:
        raise InvalidInput(_("Write a story as the files have it in `story_id`, such as story-00000012."))
    return int(found[1])
