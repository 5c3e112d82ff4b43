"""Drawing the random audit: stories of the pool, by chance alone, as audit items of a queue."""

from django.db import transaction
from django.db.models.functions import Random
from django.utils.translation import gettext as _

from annotations.actions import add_items
from annotations.models import Queue
from annotations.models.queue import ItemKind
from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.calibration.models import AuditSample
from curation.calibration.permissions import check_can_audit
from curation.calibration.queries.pool import never_audited
from curation.core.errors import Conflict, InvalidInput
from curation.core.locks import AUDIT_DRAWN, lock_until_the_end

MOST = 5_000


def draw_audit(*, actor: Actor, queue: Queue, stories: int) -> AuditSample:
    """Draw so many stories of the pool at random, decided or not, and put them into `queue` as audit items.

    A story is audited once, whatever queue draws. What is said of them decides nothing: it measures the pool. Raises
    `InvalidInput` for a number out of range, `Conflict` for a closed queue or when no story is left.
    """
    check_can_audit(actor=actor)
    if not 1 <= stories <= MOST:
        raise InvalidInput(_("Draw 1 to %(most)s stories.") % {"most": MOST})
    with transaction.atomic():
        # Two that draw at the same time, for whatever queues, would draw the same stories, and the later get fewer.
        lock_until_the_end(AUDIT_DRAWN, 0)
        pool = never_audited().count()
        chosen = list(never_audited().order_by(Random()).values_list("pk", flat=True)[:stories])
        added = add_items(actor=actor, queue=queue, stories=chosen, kind=ItemKind.AUDIT, recorded=False)
        if not added:
            raise Conflict(_("Every story is audited already, or none has passed its checks yet."))
        sample = AuditSample.objects.create(queue=queue, stories=added, pool=pool, drawn_by_id=actor.pk)
        record(actor=actor, verb="audit.drawn", target=queue, count=added, pool=pool)
    return sample
