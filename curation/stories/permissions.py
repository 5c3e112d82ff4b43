"""Who may browse stories, bring them in, tag them, and let a blocked one go on."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.core.errors import Conflict, NotAllowed
from curation.core.permissions import asked
from curation.stories.models import Stage, Story
from curation.stories.stages import State


def check_can_browse(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may look through all stories."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators browse the stories. Yours come to you one at a time, in your queues."))


def check_can_import(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may import stories."""
    if not actor.is_curator:
        raise NotAllowed(_("Only curators import stories."))


def check_can_tag(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may tag stories."""
    if not actor.is_curator:
        raise NotAllowed(_("Only curators tag stories."))


def check_can_unblock(*, actor: Actor, story: Story) -> None:
    """Raise `NotAllowed` or `Conflict` unless `actor` may lift the block on `story`."""
    if not actor.is_curator:
        raise NotAllowed(_("Only a curator can lift a block."))
    if Stage.objects.get(story=story).state != State.BLOCKED:
        raise Conflict(_("This story is not blocked."))


can_browse = asked(check_can_browse)
can_import = asked(check_can_import)
can_tag = asked(check_can_tag)
can_unblock = asked(check_can_unblock)
