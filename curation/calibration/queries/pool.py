"""The pool: every story that could be audited."""

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Item
from annotations.models.queue import ItemKind
from curation.stories.models import Story
from curation.stories.stages import State

OUTSIDE = [State.STORED, State.BLOCKED, State.PURGED]


def pool_of() -> QuerySet[Story]:
    """Every story that has passed its checks, decided or not."""
    return Story.objects.exclude(stage__state__in=OUTSIDE).filter(stage__isnull=False)


def never_audited() -> QuerySet[Story]:
    """The stories of the pool that are in no audit yet."""
    return pool_of().exclude(Exists(Item.objects.filter(story=OuterRef("pk"), kind=ItemKind.AUDIT)))
