"""Which Argilla servers, links and accounts there are, and how links stand."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from annotations.models import Consent, Queue
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.accounts.models import Role, User
from curation.argilla import faults
from curation.argilla.models import (
    AnswerState,
    ArgillaAnswer,
    ArgillaPerson,
    ArgillaRecord,
    ArgillaServer,
    Link,
    LinkState,
)
from curation.argilla.permissions import check_can_keep_servers
from curation.core.errors import NotFound

# So many of the answers that wait are listed.
LISTED = 100
REVIEWERS = [Role.ANNOTATOR, Role.CURATOR, Role.ADMIN]


def servers() -> QuerySet[ArgillaServer]:
    """Return the servers that are there."""
    return ArgillaServer.objects.filter(removed_at=None).order_by("name", "pk")


def load_server(actor: Actor, pk: int) -> ArgillaServer:
    """Return a server that is there, for whoever keeps them. `NotFound` otherwise."""
    check_can_keep_servers(actor=actor)
    found = servers().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such Argilla server."))
    return found


def links() -> QuerySet[Link]:
    """Return all links, those that have ended last."""
    rows = Link.objects.select_related("queue", "server__listener", "judge")
    return rows.annotate(over=Q(state=LinkState.CLOSED)).order_by("over", "-pk")


def link_of(queue: Queue) -> Link | None:
    """Return the link of a queue that has not ended."""
    return Link.objects.filter(queue=queue).exclude(state=LinkState.CLOSED).first()


def load_link(actor: Actor, pk: int) -> Link:
    """Return a link, for whoever runs queues. `NotFound` otherwise."""
    check_can_run_queues(actor=actor)
    found = links().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such link."))
    return found


def by_the_minute(link: Link) -> str:
    """Return why answers of a link come by the minute, as a stored sentence; empty where Argilla tells of them."""
    listener = getattr(link.server, "listener", None)
    if listener is not None and listener.heard_at and not listener.error:
        return ""
    if not settings.PUBLIC_URL:
        return faults.NO_ADDRESS
    return listener.error if listener is not None and listener.error else faults.NOT_YET


@dataclass(frozen=True)
class LinkCounts:
    """What a link has: records there, and answers by what became of them; `unsettled` accounts are nobody's yet.

    Of all records, `suggested` have or had suggestions there.
    """

    records: int
    gone: int
    suggested: int
    reviews: int
    waiting: int
    kept: int
    unsettled: int


def counts_of(link: Link) -> LinkCounts:
    """Count what a link has, in three statements."""
    records = ArgillaRecord.objects.filter(link=link).aggregate(
        n=Count("pk"),
        gone=Count("pk", filter=~Q(gone_at=None)),
        suggested=Count("pk", filter=~Q(suggested_at=None)),
    )
    states = dict(
        ArgillaAnswer.objects.filter(record__link=link).order_by().values_list("state").annotate(n=Count("pk"))
    )
    return LinkCounts(
        records=records["n"] - records["gone"],
        gone=records["gone"],
        suggested=records["suggested"],
        reviews=states.get(AnswerState.REVIEW, 0),
        waiting=states.get(AnswerState.WAITING, 0),
        kept=states.get(AnswerState.KEPT, 0),
        unsettled=unmapped_accounts(link.server).count(),
    )


def waiting(link: Link) -> QuerySet[ArgillaAnswer]:
    """Return the answers that wait, the oldest first, up to `LISTED`."""
    return waiting_for(link)[:LISTED]


def waiting_for(link: Link) -> QuerySet[ArgillaAnswer]:
    """Return all answers that wait, the oldest first, without what they say."""
    rows = ArgillaAnswer.objects.filter(record__link=link, state=AnswerState.WAITING)
    return rows.select_related("account__person", "record__item__story").defer("values").order_by("pk")


def unmapped_accounts(server: ArgillaServer) -> QuerySet[ArgillaPerson]:
    """Return the accounts of a server that have answered and are nobody's yet."""
    answered = Exists(ArgillaAnswer.objects.filter(account=OuterRef("pk")))
    return ArgillaPerson.objects.filter(answered, server=server, person=None, ignored=False)


def accounts(server: ArgillaServer) -> QuerySet[ArgillaPerson]:
    """Return the accounts of a server, those that have answered and are nobody's yet first.

    As `guess`, one that is nobody's yet has the user name here that is the same as its own: a hint and no proof, as
    two people may well have one name. `asked` is whether its person has said if their ratings may be published, which
    nobody is asked there.
    """
    answered = Exists(ArgillaAnswer.objects.filter(account=OuterRef("pk")))
    theirs = Exists(ArgillaPerson.objects.filter(server=server, person=OuterRef("pk")))
    alike = User.objects.filter(~theirs, username__iexact=OuterRef("username"), is_active=True, role__in=REVIEWERS)
    guess = Case(When(person=None, ignored=False, then=Subquery(alike.values("username")[:1])))
    rows = ArgillaPerson.objects.filter(server=server).select_related("person")
    asked = Exists(Consent.objects.filter(user=OuterRef("person")))
    rows = rows.annotate(answered=answered, guess=guess, asked=asked)
    return rows.annotate(open=Q(person=None) & Q(ignored=False)).order_by("-open", "-answered", "username", "pk")


def load_account(actor: Actor, pk: int) -> ArgillaPerson:
    """Return an account, for whoever runs queues. `NotFound` otherwise."""
    check_can_run_queues(actor=actor)
    found = ArgillaPerson.objects.select_related("server", "person").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such account."))
    return found
