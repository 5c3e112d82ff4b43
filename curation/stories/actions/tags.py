"""Tags and rewrite requests."""

from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.stories.mapping import tag_key
from curation.stories.models import RewriteRequest, Story, Tag
from curation.stories.models.tag import TagKind, TagSource

ASK = """
INSERT INTO stories_rewriterequest (story_id, reason, requested_by_id, created_at)
VALUES (%(story)s, %(reason)s, %(actor)s, now())
ON CONFLICT (story_id) WHERE claimed_at IS NULL DO NOTHING RETURNING *
"""


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
