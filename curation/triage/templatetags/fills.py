"""What a queue's page shows of the stories that are being put into it."""

from collections.abc import Iterable

from django import template
from django.template import Context

from annotations.models import Queue
from curation.accounts.models import User
from curation.triage.models import Fill, FillState
from curation.triage.queries import fills_of

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
