"""Having released stories rated once more, by people who have neither rated them nor seen their ratings."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Random
from django.utils.text import slugify
from django.utils.translation import gettext as _

from annotations.actions import add_items, create_queue
from annotations.models import Item
from annotations.models.queue import ItemKind
from curation.accounts.actors import Actor
from curation.audit import actions as audit
from curation.core.errors import Conflict, InvalidInput
from curation.core.numbers import grouped
from curation.releases.models import Dataset, Release, ReleaseItem, ReratingSample
from curation.releases.models.release import ReleaseState
from curation.releases.models.rerating import MOST_DRAWN
from curation.releases.permissions import check_can_release
from curation.releases.selecting import BRONZE


def draw_rerating(
    *, actor: Actor, release: Release, name: str, stories: int, slug: str = "", overlap: int = 2
) -> ReratingSample:
    """Draw so many accepted stories of a release at random into a new queue of this name, to be rated once more.

    Reviewers see the name, of which its address is made where none is given. What they say decides nothing and goes
    into no release: it measures this one. A story is drawn for a release once. Raises `NotAllowed`, `InvalidInput` for
    a number out of range or what `create_queue` refuses, and `Conflict` for a release that is not built or when no
    story is left.
    """
    check_can_release(actor=actor, dataset=release.dataset)
    if not 1 <= stories <= MOST_DRAWN:
        raise InvalidInput(_("Draw 1 to %(most)s stories.") % {"most": grouped(MOST_DRAWN)})
    if release.state != ReleaseState.BUILT:
        raise Conflict(_("%(version)s is not built, so there is nothing to rate again.") % {"version": release.version})
    with transaction.atomic():
        # Two who draw at once would draw a story twice.
        Dataset.objects.select_for_update(no_key=True).get(pk=release.dataset_id)
        chosen = list(never_drawn(release).order_by(Random()).values_list("story", flat=True)[:stories])
        queue = create_queue(
            actor=actor,
            name=name,
            slug=slug or address(name),
            rubric=release.rubric,
            policy=release.policy,
            overlap=overlap,
        )
        added = add_items(actor=actor, queue=queue, stories=chosen, kind=ItemKind.RERATING, recorded=False)
        if not added:
            raise Conflict(_("Every story of %(version)s is drawn already.") % {"version": release.version})
        sample = ReratingSample.objects.create(
            release=release,
            queue=queue,
            stories=added,
            of=release.items.exclude(tier=BRONZE).count(),
            drawn_by_id=actor.pk,
        )
        audit.record(actor=actor, verb="rerating.drawn", target=release, count=added, queue=queue.slug)
    return sample


def address(name: str) -> str:
    """Return the address of a queue of this name."""
    return slugify(name)[:50] or "reading"


def never_drawn(release: Release) -> QuerySet[ReleaseItem]:
    """The accepted stories of a release that no sample of it has."""
    samples = ReratingSample.objects.filter(release=release).values("queue")
    drawn = Item.objects.filter(queue__in=samples, story=OuterRef("story"), kind=ItemKind.RERATING)
    return release.items.exclude(tier=BRONZE).exclude(Exists(drawn))
