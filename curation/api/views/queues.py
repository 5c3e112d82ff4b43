"""Queues, who reviews in them, and the stories that are put into them."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import close_queue, pause_queue, recuse_from, reopen_queue, set_practice
from annotations.models import Assignment, Queue, Saw
from annotations.models.queue import QueueState
from annotations.permissions import check_can_run_queues
from annotations.queries import progress, queue_of, queues_for
from annotations.queries.assignments import NO_QUEUE
from annotations.queries.blindness import withheld
from annotations.queries.people import memberships_of, mine_in, passes_in
from curation.accounts.models import Scope
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource, checked, with_location
from curation.api.serializers.queues import (
    MadeQueueSerializer,
    NewQueueSerializer,
    PassedSerializer,
    ProgressSerializer,
    QueueChangeSerializer,
    QueueFiltersSerializer,
    QueueSerializer,
    SelectionSerializer,
    selection_of,
)
from curation.api.views.members import people_named
from curation.core.errors import InvalidInput
from curation.standards.models import AcceptancePolicy
from curation.triage.actions import make_queue
from curation.triage.queries import free_slug, load_judge

MOVES = {QueueState.PAUSED: pause_queue, QueueState.CLOSED: close_queue, QueueState.OPEN: reopen_queue}


class Queues(Resource):
    """All queues that one may see."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(
        operation_id="list_queues", parameters=[QueueFiltersSerializer], responses=QueueSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List the queues you review in; curators and admins see all."""
        asked = self.asked(QueueFiltersSerializer)
        context = {"reader": self.person}
        rows = queues_for(self.person).filter(**asked)
        return self.page(rows, lambda queues: QueueSerializer(queues, many=True, context=context).data)

    @extend_schema(operation_id="create_queue", request=NewQueueSerializer, responses={201: MadeQueueSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Make a queue with its reviewers, and have its first stories put in by a worker: `fill` says how far it is.

        Nothing is made where no story fits. Whoever has stories put in an order by scores can review none of them.
        """
        check_can_run_queues(actor=self.person)
        sent = self.sent(NewQueueSerializer)
        policies = AcceptancePolicy.objects.select_related("rubric").order_by("-id")
        policy = policies.filter(**{"pk": sent["policy"]} if sent["policy"] else {}).first()
        if policy is None:
            raise InvalidInput(_("There is no such acceptance policy."))
        queue, fill = make_queue(
            actor=self.person,
            selection=selection_of(sent.pop("stories", None) or checked(SelectionSerializer, {})),
            members=people_named(sent.pop("members")),
            orders=load_judge(sent.pop("orders")),
            shows=load_judge(sent.pop("shows")),
            **sent | {"slug": sent["slug"] or free_slug(sent["name"]), "policy": policy, "rubric": policy.rubric},
        )
        queue.fill = fill  # type: ignore[attr-defined]  # shown with it
        address = reverse("api:queue", args=[queue.slug])
        return with_location(MadeQueueSerializer(queue, context={"reader": self.person}).data, address)


class OneQueue(Resource):
    """A queue."""

    scopes = {"GET": Scope.READ, "PATCH": Scope.CURATE}
    conditional = {"PATCH"}

    @extend_schema(operation_id="get_queue", responses=QueueSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One queue: what it asks of a review."""
        self.asked()
        return Response(self._show(queue_of(self.person, slug)))

    @extend_schema(operation_id="change_queue", request=QueueChangeSerializer, responses=QueueSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Pause, close or reopen a queue, or ask its readers to have passed the practice round.

        Whoever is reading a story may finish it, whatever the queue's state.
        """
        check_can_run_queues(actor=self.person)
        sent, mine = self.sent(QueueChangeSerializer), queues_for(self.person).filter(slug=slug)
        with changing(request, mine, self._show, said=str(NO_QUEUE)) as queue, transaction.atomic():
            if "requires_practice" in sent:
                set_practice(actor=self.person, queue=queue, required=sent["requires_practice"])
            if sent.get("state", queue.state) != queue.state:
                MOVES[sent["state"]](actor=self.person, queue=queue)
        return shown(self._show(queue))

    def _show(self, queue: Queue) -> dict[str, Any]:
        return dict(QueueSerializer(queue, context={"reader": self.person}).data)


class ProgressOfQueue(Resource):
    """How far a queue is."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_queue_progress", responses=ProgressSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far a queue is, and what you did in it. What became of its stories is told to curators."""
        self.asked()
        user = self.person
        queue = queue_of(user, slug)
        found, mine = progress(queue, user), mine_in(user, [queue])[queue.pk]
        said = {
            "stories": found.stories,
            "stories_done": found.stories_done,
            "seats": found.seats,
            "submitted": found.submitted,
            "reading": found.reading if user.is_curator else None,
            "outcomes": found.outcomes if user.is_curator else None,
            "member": queue.pk in memberships_of(user),
            "mine_in": mine.submitted,
            "mine_reading": mine.reading,
            "withheld": withheld(user, queue),
        }
        return Response(ProgressSerializer(said).data)


class QueuePasses(Resource):
    """What readers passed on."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_queue_passes", responses=PassedSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the stories that readers of a queue passed on, and why; for curators.

        A reason says something of the story: you can review those that you are shown no more.
        """
        check_can_run_queues(actor=self.person)
        self.noted_look()
        self.asked()
        return self.page(passes_in(queue_of(self.person, slug), self.person), self._show)

    def _show(self, assignments: list[Assignment]) -> Any:
        recuse_from(user=self.person, stories=[one.story_id for one in assignments], saw=Saw.REVIEWS)
        return PassedSerializer(assignments, many=True).data
