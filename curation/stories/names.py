"""What a story is called where people read of it: on pages, in commands, in answers of the API and in messages."""

from django.utils.translation import gettext as _


def name_of(title: str, story: int) -> str:
    """Return the title of a story, or else a name by its key, such as “Story 37”."""
    return title or _("Story %(pk)s") % {"pk": story}
