"""What a queue's page shows of the stories that are being put into it, and of the judges whose scores it uses."""

from collections.abc import Iterable

from django import template
from django.template import Context

from annotations.models import Queue
from curation.accounts.models import User
from curation.triage.forms import QueueJudgesForm
from curation.triage.models import Fill, FillState
from curation.triage.queries import fills_of, judges_of

register = template.Library()


@register.inclusion_tag("triage/_fills.html", takes_context=True)
def fills(context: Context, queue: Queue, user: User) -> dict[str, object]:
    """Show the fills of a queue that are under way or have failed, to whoever runs queues."""
    found = fills_of(queue) if user.is_curator else []
    return {"queue": queue, "fills": found, "csrf_token": context.get("csrf_token")}


@register.filter
def any_open(fills: Iterable[Fill]) -> bool:
    """Whether any of these goes on by itself, so that a page should ask again."""
    return any(fill.state != FillState.FAILED for fill in fills)


@register.inclusion_tag("triage/_judges.html", takes_context=True)
def queue_judges(context: Context, queue: Queue) -> dict[str, object]:
    """Let whoever runs queues choose the judges of one; nothing while there is only the embedded scorer."""
    form = QueueJudgesForm()
    if form.fields:
        chosen = judges_of(queue)
        form.initial = {"orders": chosen.orders_id, "shows": chosen.shows_id}
    return {"queue": queue, "form": form, "csrf_token": context.get("csrf_token")}
