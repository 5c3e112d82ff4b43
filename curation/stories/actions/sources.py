"""Sources, and stories added by a program."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core import jobs
from curation.core.errors import Conflict, InvalidInput
from curation.core.stored_translations import translate_stored
from curation.stories.actions.storing import store
from curation.stories.copied import ready
from curation.stories.fields import FIELDS
from curation.stories.mapping import Rejected, story_from
from curation.stories.models import Source, Story
from curation.stories.models.tag import TagSource
from curation.stories.permissions import check_can_import
from curation.stories.reasons import ROW_FORMS, WAS_PURGED
from curation.stories.source_names import source_key, source_slug
from curation.stories.text import why_not_storable

# Two at once must not take the same short name.
LOCK = 0x736F7572


def find_source(name: str) -> Source | None:
    """Return the source that `name` means, whatever its letter case and Unicode form, or None."""
    return Source.objects.filter(key=source_key(name)).first()


def create_source(*, actor: Actor, name: str, title: str = "", license: str = "") -> Source:
    """Create a source. Its short name has at most 80 characters, and a number where another source has that one.

    `NotAllowed` if `actor` may not import, `InvalidInput` if `name` has no letter or digit, `Conflict` if it means a
    source that is there.
    """
    check_can_import(actor=actor)
    slug = source_slug(name)
    if not slug or why_not_storable(name):
        raise InvalidInput(_("Name the source with letters or digits."))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if known := find_source(name):
            text = _("There is already a source “%(slug)s”. Choose it, or take another name.")
            raise Conflict(text % {"slug": known.name})
        number = 1
        while Source.objects.filter(name=slug).exists():
            number += 1
            slug = source_slug(name, number=number)
        source = Source.objects.create(
            name=slug,
            key=source_key(name),
            title=(title or ("" if slug == name else name))[:160],
            license=license[:80],
            created_by_id=actor.pk,
        )
        record(actor=actor, verb="source.created", target=source, name=slug, license=license)
    return source


def source_named(*, actor: Actor, name: str, file: str, license: str = "") -> Source:
    """Return the source that `name` means, or has as its short name; without a name, the one that `file` is called by.

    It is made, with `license`, if there is none.
    """
    found = find_source(name or file) or Source.objects.filter(name=name).first()
    return found or create_source(actor=actor, name=name or file, license=license)


def add_stories(*, actor: Actor, source: Source, rows: Iterable[Mapping[str, Any]]) -> list[Story]:
    """Add stories from a program and return one per row, in order; a text that is there already returns its story.

    A row has `text` and any of the fields of `mapping.FIELDS` (`principles`, `themes` and `content_notes` are lists);
    what is under any other key is kept in `original`. `InvalidInput` names the first row that is no story, and then
    nothing is added.
    """
    new = []
    for number, row in enumerate(rows, start=1):
        mapping = {"text": "text", **{name: name for name in FIELDS if name in row}}
        defaults = {"license": source.license} if source.license else {}
        try:
            new.append(story_from(row, mapping=mapping, defaults=defaults))
        except Rejected as reason:
            raise InvalidInput(_("Row %(number)s: %(reason)s") % {"number": number, "reason": reason}) from reason
    with transaction.atomic():
        tag_source = TagSource.IMPORT if actor is SYSTEM else TagSource.CURATOR
        stored = store(stories=ready(new), source_id=source.pk, tag_source=tag_source)
        for number, pk in enumerate(stored.ids, start=1):
            if pk in stored.purged:
                raise InvalidInput(
                    _("Row %(number)s: %(reason)s")
                    % {"number": number, "reason": translate_stored(WAS_PURGED, ROW_FORMS)}
                )
        record(actor=actor, verb="stories.added", target=source, rows=len(new), created=len(stored.new))
        jobs.nudge("stories.check")
    stories = Story.objects.in_bulk(set(stored.ids))
    return [stories[pk] for pk in stored.ids]
