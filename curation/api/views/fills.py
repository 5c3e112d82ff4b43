"""Stories that are put into a queue, and whose scores it uses."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Queue
from annotations.permissions import check_can_run_queues
from annotations.queries import queue_of, queues_for
from annotations.queries.assignments import NO_QUEUE
from curation.accounts.models import Scope
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.queues import (
    FillSerializer,
    FittingSerializer,
    JudgesSerializer,
    SelectionSerializer,
    selection_of,
)
from curation.triage.actions import dismiss_fill, fill_queue, retry_fill, set_queue_judges
from curation.triage.queries import every_fill, judges_of, load_fill, load_judge, matching


class Fills(Resource):
    """All that was asked to be put into a queue."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_fills", responses=FillSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List what was put into a queue, and how far that is; for curators."""
        self.asked()
        return self.page(every_fill(_queue(self, slug)), lambda rows: FillSerializer(rows, many=True).data)

    @extend_schema(operation_id="fill_queue", request=SelectionSerializer, responses={202: FillSerializer})
    @once
    def post(self, request: Request, slug: str) -> Response:
        """Have the stories that fit put into a queue, by a worker. Those that are in already are left out.

        The same again gets what is under way. Whoever asks for an order by scores can review none of the stories.
        """
        queue = _queue(self, slug)
        fill = fill_queue(actor=self.person, queue=queue, selection=selection_of(self.sent(SelectionSerializer)))
        return with_location(FillSerializer(fill).data, reverse("api:fill", args=[queue.slug, fill.pk]), 202)


class OneFill(Resource):
    """Stories that are put into a queue."""

    scopes = {"GET": Scope.READ, "DELETE": Scope.CURATE}
    newest = shown_by()

    @extend_schema(operation_id="get_fill", responses=FillSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """How far it is."""
        self.asked()
        return Response(FillSerializer(load_fill(_queue(self, slug), pk)).data)

    @extend_schema(operation_id="dismiss_fill", responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Leave one that has failed at the stories that are in. 409 for one that has not failed."""
        dismiss_fill(actor=self.person, fill=load_fill(_queue(self, slug), pk))
        return Response(status=204)


class FillRetry(Resource):
    """Going on after a failure."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneFill)

    @extend_schema(operation_id="retry_fill", request=None, responses={202: FillSerializer})
    @once
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Have one that has failed go on with the stories that are not in yet. 409 for one that has not failed."""
        fill = load_fill(_queue(self, slug), pk)
        retry_fill(actor=self.person, fill=fill)
        fill.refresh_from_db()
        return Response(FillSerializer(fill).data, status=202)


class Fitting(Resource):
    """Counting before asking."""

    scopes = {"POST": Scope.READ}

    @extend_schema(operation_id="count_fitting_stories", request=SelectionSerializer, responses=FittingSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Count the stories that fit and are not in the queue yet, and put none in.

        A story that you have yet to judge yourself is counted by the state that you are told.
        """
        queue, selection = _queue(self, slug), selection_of(self.sent(SelectionSerializer))
        found = matching(selection, queue=queue, reader=self.person)
        return Response(FittingSerializer({"count": found.order_by()[: selection.limit].count()}).data)


class JudgesOfQueue(Resource):
    """Whose scores a queue uses."""

    scopes = {"GET": Scope.READ, "PUT": Scope.CURATE}
    conditional = {"PUT"}

    @extend_schema(operation_id="get_queue_judges", responses=JudgesSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Whose scores order the stories of a queue, and whose are compared with after a review; for curators."""
        self.asked()
        return Response(_judges(_queue(self, slug)))

    @extend_schema(operation_id="set_queue_judges", request=JudgesSerializer, responses=JudgesSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Choose whose scores a queue uses. Stories that stand in an order by scores get their new order by a worker.

        Whoever has them put in another order can review none of them any more.
        """
        check_can_run_queues(actor=self.person)
        sent, rows = self.sent(JudgesSerializer), queues_for(self.person).filter(slug=slug)
        with changing(request, rows, _judges, said=str(NO_QUEUE)) as queue:
            set_queue_judges(
                actor=self.person, queue=queue, orders=load_judge(sent["orders"]), shows=load_judge(sent["shows"])
            )
        return shown(_judges(queue))


def _queue(view: Resource, slug: str) -> Queue:
    check_can_run_queues(actor=view.person)
    return queue_of(view.person, slug)


def _judges(queue: Queue) -> dict[str, str | None]:
    chosen = judges_of(queue)
    said = {name: judge.key if judge else None for name, judge in (("orders", chosen.orders), ("shows", chosen.shows))}
    return dict(JudgesSerializer(said).data)
