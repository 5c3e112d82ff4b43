"""Who may review in a queue, and who may not review a story."""

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from annotations.actions import seats
from annotations.models import Assignment, Membership, Queue, Recusal, Saw
from annotations.models.assignment import AssignmentState
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.stories.models import Story

RECUSE = """
INSERT INTO annotations_recusal (user_id, saw, story_id, created_at)
SELECT %s, %s, story, clock_timestamp() FROM unnest(%s::bigint[]) AS story ON CONFLICT DO NOTHING
"""


def add_member(*, actor: Actor, queue: Queue, user: User) -> Membership:
    """Let a person review in a queue. Doing it again changes nothing. Raises `InvalidInput` for a researcher."""
    check_can_run_queues(actor=actor)
    if not user.is_reviewer or not user.is_active:
        raise InvalidInput(
            _("%(name)s cannot review: only active annotators, curators and admins do.") % {"name": user.shown_name}
        )
    with transaction.atomic():
        # Whoever takes them out this moment comes before or after, not in between.
        seats.one_at_a_time(user.pk)
        member, created = Membership.objects.get_or_create(queue=queue, user=user)
        if created:
            record(actor=actor, verb="queue.member_added", target=queue, user=user.pk)
    return member


def remove_member(*, actor: Actor, queue: Queue, user: User) -> None:
    """Take a person out of a queue and free the seat they hold. Their reviews and drafts stay."""
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        seats.one_at_a_time(user.pk)
        removed = Membership.objects.filter(queue=queue, user=user).delete()[0]
        if removed:
            seats.end(Assignment.objects.filter(reviewer=user, item__queue=queue), AssignmentState.EXPIRED)
            record(actor=actor, verb="queue.member_removed", target=queue, user=user.pk)


def recuse(*, user: User, story: Story) -> Recusal:
    """Keep a person who is about to see scores of a story from reviewing or adjudicating it, for good.

    Return the record of it. A seat they hold at it goes to somebody else; what they have committed stays. Doing it
    again changes nothing.
    """
    with transaction.atomic():
        if recuse_from(user=user, stories=[story.pk], saw=Saw.SCORES):
            record(actor=user, verb="story.recused", target=story)
        return Recusal.objects.get(user=user, story=story, saw=Saw.SCORES)


def recuse_from(*, user: User, stories: Collection[int] | QuerySet[Any, Any], saw: Saw) -> int:
    """Keep a person from reviewing stories (ids) blind of which they are about to learn `saw`; return how many are new.

    Seats they hold at them go to others; what they have committed stays. One statement where nothing is new, and a
    fixed number whatever the number of stories. The rows are the record: there is no entry in the log for each.
    """
    known = Recusal.objects.filter(user=user, story=OuterRef("pk"), saw=saw)
    new = Story.objects.filter(~Exists(known), pk__in=stories).order_by("pk").values_list("pk", flat=True)
    if not (fresh := list(new)):
        return 0
    with transaction.atomic():
        seats.one_at_a_time(user.pk)
        with connection.cursor() as cursor:
            cursor.execute(RECUSE, [user.pk, saw.value, fresh])
            added = int(cursor.rowcount)
        recused = Recusal.objects.filter(user=user, story=OuterRef("story"))
        seats.end(Assignment.objects.filter(Exists(recused), reviewer=user), AssignmentState.CLOSED)
    return added
