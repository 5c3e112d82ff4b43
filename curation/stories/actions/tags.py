"""Tags and rewrite requests."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import entry, record, recording
from curation.core.errors import InvalidInput
from curation.standards.queries import NamesByKey, names_by_kind
from curation.stories.mapping import tag_key
from curation.stories.models import RewriteRequest, Story, Tag
from curation.stories.models.tag import TagKind, TagSource
from curation.stories.permissions import check_can_tag

ASK = """
INSERT INTO stories_rewriterequest (story_id, reason, requested_by_id, created_at)
VALUES (%(story)s, %(reason)s, %(actor)s, now())
ON CONFLICT (story_id) WHERE claimed_at IS NULL DO NOTHING RETURNING *
"""


TAG = recording(
    """
WITH added AS (
  INSERT INTO stories_tag (story_id, kind, key, source, added_by_id, created_at)
  SELECT story, kind, key, %(source)s, %(actor)s, now()
  FROM unnest(%(stories)s::bigint[]) AS story, unnest(%(kinds)s::text[], %(keys)s::text[]) AS tag (kind, key)
  ORDER BY story ON CONFLICT (story_id, kind, key, source) DO NOTHING RETURNING story_id, kind, key
), entry AS (ENTRY) SELECT count(*) FROM added
""",
    "SELECT story_id, jsonb_build_object('kind', kind, 'key', key) FROM added",
)


def add_tag(*, actor: Actor, story: Story, kind: TagKind, key: str, source: TagSource = TagSource.CURATOR) -> Tag:
    """Tag `story`; the same tag from the same kind of source again returns the one that is there."""
    kept = tag_key(kind, key)
    if not kept:
        raise InvalidInput(_("A tag needs a word."))
    with transaction.atomic():
        tag, created = Tag.objects.get_or_create(
            story=story, kind=kind, key=kept, source=source, defaults={"added_by_id": actor.pk}
        )
        if created:
            record(actor=actor, verb="story.tagged", target=story, kind=kind, key=kept)
    return tag


def tag_stories(*, actor: Actor, stories: Collection[int], tags: Iterable[tuple[TagKind, str]]) -> int:
    """Put all of `tags` on all of these stories (ids), and return how many are new; one statement for all.

    A principle or theme is named by its key, or by its name in any language. Raises `NotAllowed`, and `InvalidInput`
    for one that the standards do not know; while none are installed, every word is taken.
    """
    check_can_tag(actor=actor)
    known = names_by_kind()
    kept = list(dict.fromkeys((kind, _key_of(kind, words, known.get(kind))) for kind, words in tags))
    values: dict[str, Any] = {
        "stories": list(stories),
        "kinds": [kind.value for kind, _key in kept],
        "keys": [key for _kind, key in kept],
        "source": TagSource.CURATOR.value,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAG, values | entry(actor_id=actor.pk, verb="story.tagged", model=Story))
        return int(cursor.fetchone()[0])


def _key_of(kind: TagKind, words: str, known: NamesByKey | None) -> str:
    if kept := known.key_of(words) if known and known.by_key else tag_key(kind, words):
        return kept
    if not words.strip():
        raise InvalidInput(_("A tag needs a word."))
    raise InvalidInput(_("The standards know no %(kind)s “%(key)s”.") % {"kind": kind.label, "key": words})


def withdraw_rewrite(*, story: Story, actor: Actor) -> bool:
    """Take back what a decision asked for, unless the rewrite has begun; return whether a request was taken back."""
    with transaction.atomic():
        asked = RewriteRequest.objects.filter(story=story, claimed_at=None)
        deleted, _ = asked.delete()
        if deleted:
            record(actor=actor, verb="story.rewrite_withdrawn", target=story)
    return bool(deleted)


def request_rewrite(*, story: Story, reason: str, actor: Actor) -> RewriteRequest:
    """Ask for a rewrite of `story`; while one request is open, asking again returns it.

    One statement when a policy asks (`SYSTEM`): the move it made is on record and says the same.
    """
    values = {"story": story.pk, "reason": reason, "actor": actor.pk}
    with transaction.atomic(savepoint=False):
        request = next(iter(RewriteRequest.objects.raw(ASK, values)), None)
        if request is None:
            return RewriteRequest.objects.get(story=story, claimed_at=None)
        if actor is not SYSTEM:
            record(actor=actor, verb="story.rewrite_requested", target=story)
    return request
