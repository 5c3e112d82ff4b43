"""Making queues and opening and closing them."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.models import Queue
from annotations.models.queue import TRANSITIONS, QueueState
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.numbers import grouped
from curation.standards.models import AcceptancePolicy, Rubric

RESERVED = {"new"}
LONGEST_INSTRUCTIONS = 10_000


def create_queue(
    *,
    actor: Actor,
    name: str,
    slug: str,
    rubric: Rubric,
    policy: AcceptancePolicy,
    overlap: int = 2,
    lease_minutes: int = 60,
    reveal: bool = False,
    comparison_share: int = 100,
    requires_practice: bool = False,
    instructions: str = "",
) -> Queue:
    """Make an open, empty queue. `overlap` is 1 to 5 reviews per story, a claim is held `lease_minutes` (5 to 1440).

    Where it reveals, `comparison_share` percent of the reviews (0 to 100) are shown the comparison. It stays what it is
    from here on: who was drawn is told from it later.

    Raises `InvalidInput` for values out of range or a policy of another rubric, `Conflict` for a taken
    slug or name; `Tales` and `tales` are one, of both.
    """
    check_can_run_queues(actor=actor)
    if not name.strip():
        raise InvalidInput(_("Give the queue a name that its reviewers will recognise."))
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise InvalidInput(_("The address takes letters, digits, - and _ only.")) from error
    if slug.lower() in RESERVED or len(slug) > 60:
        raise InvalidInput(_("The address “%(slug)s” cannot be used; choose another one.") % {"slug": slug})
    if len(instructions) > LONGEST_INSTRUCTIONS:
        raise InvalidInput(_("Keep the instructions to %(most)s characters.") % {"most": grouped(LONGEST_INSTRUCTIONS)})
    if not 1 <= overlap <= 5:
        raise InvalidInput(_("Ask for 1 to 5 reviews per story."))
    if not 5 <= lease_minutes <= 1440:
        raise InvalidInput(_("A story can be held for 5 minutes to 24 hours."))
    if not 0 <= comparison_share <= 100:
        raise InvalidInput(_("The comparison is shown to 0 to 100 percent of the reviews."))
    if policy.rubric_id != rubric.pk:
        raise InvalidInput(
            _("%(policy)s was written for another rubric than %(rubric)s.") % {"policy": policy, "rubric": rubric}
        )
    try:
        with transaction.atomic():
            queue = Queue.objects.create(
                name=name.strip(),
                slug=slug,
                rubric=rubric,
                policy=policy,
                overlap=overlap,
                lease_minutes=lease_minutes,
                reveal=reveal,
                comparison_share=comparison_share,
                requires_practice=requires_practice,
                instructions=instructions.strip(),
                created_by_id=actor.pk,
            )
            record(actor=actor, verb="queue.created", target=queue, slug=slug, overlap=overlap, reveal=reveal)
    except IntegrityError as error:
        if "queue_name_once" in str(error):
            text = _("There is a queue called “%(name)s” already. Choose another name.")
            raise Conflict(text % {"name": name.strip()}) from error
        raise Conflict(_("There is a queue at “%(slug)s” already. Choose another address.") % {"slug": slug}) from error
    return queue


def pause_queue(*, actor: Actor, queue: Queue) -> None:
    """Hand out no more stories for now. Who is reading one may finish it."""
    _move(actor, queue, QueueState.PAUSED)


def close_queue(*, actor: Actor, queue: Queue) -> None:
    """Hand out no more stories. Who is reading one may finish it."""
    _move(actor, queue, QueueState.CLOSED)


def reopen_queue(*, actor: Actor, queue: Queue) -> None:
    """Hand out stories again."""
    _move(actor, queue, QueueState.OPEN)


def set_practice(*, actor: Actor, queue: Queue, required: bool) -> None:
    """Ask everyone who reads in a queue to have passed the practice round, or no longer. Twice changes nothing."""
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        if Queue.objects.filter(pk=queue.pk, requires_practice=not required).update(requires_practice=required):
            record(actor=actor, verb="queue.practice_set", target=queue, required=required)
    queue.requires_practice = required


def _move(actor: Actor, queue: Queue, new: QueueState) -> None:
    check_can_run_queues(actor=actor)
    old = [state for state, following in TRANSITIONS.items() if new in following]
    with transaction.atomic():
        if not Queue.objects.filter(pk=queue.pk, state__in=old).update(state=new):
            raise Conflict(_("Somebody has changed this queue already. Reload the page to see how it is now."))
        record(actor=actor, verb=f"queue.{new}", target=queue)
    queue.state = new
