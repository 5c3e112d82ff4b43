"""What a queue's page shows of the Argilla server that it is reviewed on."""

from django import template

from annotations.models import Queue
from curation.argilla.queries import link_of, servers

register = template.Library()


@register.inclusion_tag("argilla/_of_queue.html")
def argilla_link(queue: Queue) -> dict[str, object]:
    """Show whoever runs queues the link of one; nothing where there is no server."""
    link = link_of(queue)
    return {"queue": queue, "link": link, "offered": link is None and servers().exists()}
