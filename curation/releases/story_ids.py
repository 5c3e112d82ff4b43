"""How stories are named in releases: by their words, so that a story has one name in every workspace that has it."""

import re
from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _

from curation.core.errors import InvalidInput
from curation.stories.models import Story

# Enough that nobody can write two stories of one name.
DIGITS = 32
WRITTEN = re.compile(rf"story-([0-9a-f]{{{DIGITS}}})")
# Versions of schema 1 and 2 name stories by their key in the database.
BY_KEY = re.compile(r"(?:story-)?0*([1-9][0-9]{0,17})")


def public_id(normal_sha256: str) -> str:
    """Return the id that a story has in all releases, from the hash of its normalised words."""
    return f"story-{normal_sha256[:DIGITS]}"


def public_id_sql(story: str) -> str:
    """Return SQL of `public_id`, of the row of `stories_story` that a statement calls `story`."""
    return f"'story-' || left({story}.normal_sha256, {DIGITS})"


def named(written: Collection[str]) -> Q:
    """Return the condition for stories that are written so in releases of any schema; words of no story fit none."""
    keys = [int(found[1]) for one in written if (found := BY_KEY.fullmatch(one))]
    hashes = [found[1] for one in written if (found := WRITTEN.fullmatch(one))]
    return reduce(or_, (Q(normal_sha256__range=between(one)) for one in hashes), Q(pk__in=keys))


def names_of(story: int, normal_sha256: str) -> set[str]:
    """Return how a story is written in releases: today, and in those of schema 1 and 2."""
    return {public_id(normal_sha256), f"story-{story:08d}"}


def between(digits: str) -> list[str]:
    """Return the least and the greatest hash that begin so: a range, for the index on the whole hash."""
    return [digits.ljust(64, last) for last in "0f"]


def story_of(written: str) -> int:
    """Return the key of a story that is written as releases do; `InvalidInput` for other words, and if there is none.

    A key that is written as by versions of schema 1 and 2, such as `story-00000012`, is not looked up.
    """
    written = written.strip()
    if found := BY_KEY.fullmatch(written):
        return int(found[1])
    if (found := WRITTEN.fullmatch(written)) is None:
        raise InvalidInput(_("Write a story as the files have it in “id” and “story_id”: “story-” and 32 digits."))
    story = Story.objects.filter(normal_sha256__range=between(found[1])).values_list("pk", flat=True).first()
    if story is None:
        raise InvalidInput(_("There is no story %(id)s here.") % {"id": written})
    return story
