"""Linking a queue to a dataset of an Argilla server, syncing it at once, and ending that."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.models import Queue
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.argilla.actions.waking import look_at_listener, try_at_once, wake_worker
from curation.argilla.models import ArgillaAnswer, ArgillaServer, Link, LinkState
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.scoring.models import Judge, JudgeVersion


def create_link(
    *, actor: Actor, queue: Queue, server: ArgillaServer, name: str = "", judge: Judge | None = None
) -> Link:
    """Have a queue be reviewed on an Argilla server too, as a dataset called `name` (the queue's address by default).

    With a `judge`, its scores are shown there as suggestions: then no review from there is blind, and none counts.
    Raises `InvalidInput` for a judge that has no version for the queue's rubric, `Conflict` where the queue is linked,
    the name is taken, or the server is removed.
    """
    check_can_run_queues(actor=actor)
    name = name.strip() or queue.slug
    if len(name) > 200:
        raise InvalidInput(_("Keep the name of the dataset to %(most)s characters.") % {"most": 200})
    if judge is not None and not JudgeVersion.objects.filter(judge=judge, rubric=queue.rubric_id).exists():
        raise InvalidInput(_("%(judge)s has scored nothing for the rubric of this queue.") % {"judge": judge})
    with transaction.atomic():
        row = ArgillaServer.objects.select_for_update(no_key=True).get(pk=server.pk)
        if row.removed_at is not None:
            raise Conflict(_("This server has been removed."))
        try:
            with transaction.atomic():
                link = Link.objects.create(queue=queue, server=row, name=name, judge=judge, created_by_id=actor.pk)
        except IntegrityError:
            raise Conflict(
                _("This queue is linked already, or another one to a dataset called %(name)s.") % {"name": name}
            ) from None
        record(actor=actor, verb="argilla_link.created", target=link, **_about(link), judge=str(judge or ""))
        wake_worker(Link.objects.filter(pk=link.pk))
    return link


def sync_link(*, actor: Actor, link: Link) -> None:
    """Have a worker send and read all of it at once, also after it failed, and try all that waits.

    Raises `Conflict` once it has ended.
    """
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        row = _locked(link)
        if row.state == LinkState.RUNNING:
            return
        row.state, row.error, row.attempts, row.read_at = LinkState.PENDING, "", 0, None
        row.save(update_fields=["state", "error", "attempts", "read_at"])
        try_at_once(ArgillaAnswer.objects.filter(record__link=row))
        record(actor=actor, verb="argilla_link.asked", target=row, **_about(row))
        wake_worker(Link.objects.filter(pk=row.pk))
        look_at_listener(row.server)


def end_link(*, actor: Actor, link: Link) -> None:
    """Send and read nothing more. What is there stays there, and what came from there stays here.

    Raises `Conflict` while a worker is at it, and once it has ended.
    """
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        row = _locked(link)
        if row.state == LinkState.RUNNING:
            raise Conflict(_("A worker is at it. Wait until that has ended."))
        row.state, row.error = LinkState.CLOSED, ""
        row.save(update_fields=["state", "error"])
        record(actor=actor, verb="argilla_link.ended", target=row, **_about(row))
        look_at_listener(row.server)


def _locked(link: Link) -> Link:
    row = Link.objects.select_for_update(no_key=True, of=("self",)).select_related("queue", "server").get(pk=link.pk)
    if row.state == LinkState.CLOSED:
        raise Conflict(_("This link has ended."))
    return row


def _about(link: Link) -> dict[str, str]:
    return {"queue": link.queue.slug, "name": link.name, "host": link.server.host}
