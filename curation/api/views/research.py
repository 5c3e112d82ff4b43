"""The rows of a version, problems with them, and what came of training."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.attempts import address
from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.research import (
    NewOutcomeSerializer,
    NewReportSerializer,
    OutcomeDecisionSerializer,
    ReportAnswerSerializer,
    RowReportSerializer,
    RowsAskedSerializer,
    RowsSerializer,
    TrainingOutcomeSerializer,
    WholeRowSerializer,
)
from curation.core.errors import NotFound
from curation.core.storage import FileMissing
from curation.releases.actions import note_download
from curation.releases.models import Release
from curation.releases.queries.find import load_dataset
from curation.releases.views.files import built
from curation.research.actions import add_outcome, answer_report, decide_outcome, finish_report, report_row
from curation.research.permissions import can_answer, check_can_answer
from curation.research.queries.outcomes import load_outcome, outcomes_of
from curation.research.queries.reports import load_report, reports_for
from curation.research.rows.questions import RowFilter
from curation.research.rows.reading import page_of, rows_about, story_at
from curation.research.views.gate import missing_file
from curation.research.views.rows import counted, searching, splits_of


class Rows(Resource):
    """What every look at rows has in common."""

    scopes = {"GET": Scope.READ}

    def opened(self, request: Request, org: str, name: str, version: str) -> Release:
        """Return the version, once it is noted that its rows are read."""
        self.noted_look()
        release = built(request._request, org, name, version)
        note_download(user=self.person, release=release)
        counted(release)
        return release


class ReleaseRows(Rows):
    """Stories of a version."""

    @extend_schema(operation_id="list_rows", parameters=[RowsAskedSerializer], responses=RowsSerializer)
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """Stories of one split, from a row on, or those among the next rows that are asked for: go on at `next`. They
        are read from the files. Who reads rows reviews none of the version's stories afterwards."""
        asked = self.asked(RowsAskedSerializer)
        release = self.opened(request, org, name, version)
        splits = splits_of(release)
        split = asked.pop("split", None) or max(splits, key=lambda one: splits[one])
        start, size, texts = asked.pop("row"), asked.pop("rows"), asked.pop("text")
        question = RowFilter(**asked)
        try:
            with searching(question):
                page = page_of(release, split, start, question, size=size, texts=texts)
        except FileMissing as error:
            raise missing_file(release) from error
        told = {
            "split": split,
            "total": page.total,
            "looked": page.looked,
            "next": page.following,
            "rows": [{"row": one.row, "story": one.story} for one in page.stories],
        }
        return Response(told)


class OneRow(Rows):
    """A story of a version."""

    @extend_schema(operation_id="get_row", responses=WholeRowSerializer)
    def get(self, request: Request, org: str, name: str, version: str, split: str, row: int) -> Response:
        """One story with every rating and passage that is published of it. Who reads rows reviews none of the version's
        stories afterwards."""
        self.asked()
        release = self.opened(request, org, name, version)
        story = found_story(release, split, row)
        about = {name: rows_about(release, name, split, row, story["id"]) for name in ("ratings", "behaviours")}
        return Response({"split": split, "row": row, "story": story, **about})


class Reports(Resource):
    """Problems with rows of a dataset."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_reports", responses=RowReportSerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List what was reported of a dataset, the newest first: to curators all, to others what they reported."""
        self.asked()
        dataset = load_dataset(self.person, org, name)
        answers = bool(can_answer(actor=self.person, dataset=dataset))
        found = reports_for(self.person, dataset, answers=answers)
        return self.page(found, lambda rows: RowReportSerializer(rows, many=True).data)


class NewReports(Resource):
    """Problems with rows of a version."""

    scopes = {"POST": Scope.READ}

    @extend_schema(operation_id="report_row", request=NewReportSerializer, responses={201: RowReportSerializer})
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Tell the curators of a problem with a row. Whoever does has read it, and reviews none of the version's
        stories afterwards."""
        said = self.sent(NewReportSerializer)
        self.noted_look()
        release = built(request._request, org, name, version)
        note_download(user=self.person, release=release)
        counted(release)
        story = found_story(release, said["split"], said["row"])
        made = report_row(
            reporter=self.person, address=address(request._request), release=release, story_id=story["id"], **said
        )
        where = reverse("api:report", args=[org, name, made.uuid])
        return with_location(RowReportSerializer(made).data, where)


class OneReport(Resource):
    """A problem with a row."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_report", responses=RowReportSerializer)
    def get(self, request: Request, org: str, name: str, uuid: UUID) -> Response:
        """One report, with its answer: to who sent it and to who answers."""
        self.asked()
        return Response(RowReportSerializer(loaded(self, org, name, uuid)).data)


class ReportAnswer(Resource):
    """The answer to a report."""

    scopes = {"POST": Scope.RELEASE}
    newest = shown_by(OneReport)

    @extend_schema(operation_id="answer_report", request=ReportAnswerSerializer, responses=RowReportSerializer)
    @once
    def post(self, request: Request, org: str, name: str, uuid: UUID) -> Response:
        """Answer a report; whoever sent it is told."""
        answer_report(actor=self.person, report=loaded(self, org, name, uuid), **self.sent(ReportAnswerSerializer))
        return Response(RowReportSerializer(loaded(self, org, name, uuid)).data)


class ReportFinish(Resource):
    """An answer that was read."""

    scopes = {"POST": Scope.READ}
    newest = shown_by(OneReport)

    @extend_schema(operation_id="finish_report", request=None, responses={204: None})
    @once
    def post(self, request: Request, org: str, name: str, uuid: UUID) -> Response:
        """Put the answer to a report of yours away: your home page no longer tells of it."""
        finish_report(actor=self.person, report=loaded(self, org, name, uuid))
        return Response(status=204)


class Outcomes(Resource):
    """What came of training on a dataset."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_outcomes", responses=TrainingOutcomeSerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List what came of training on a dataset, the newest first: what is listed and what you sent; to curators
        all."""
        self.asked()
        dataset = load_dataset(self.person, org, name)
        decides = bool(can_answer(actor=self.person, dataset=dataset))
        found = outcomes_of(dataset, self.person, decides=decides)
        return self.page(found, lambda rows: TrainingOutcomeSerializer(rows, many=True).data)


class NewOutcomes(Resource):
    """What came of training on a version."""

    scopes = {"POST": Scope.READ}

    @extend_schema(operation_id="add_outcome", request=NewOutcomeSerializer, responses={201: TrainingOutcomeSerializer})
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Tell what came of training on a version, results that show no difference too. It is listed once a curator has
        looked at it."""
        release = built(request._request, org, name, version)
        made = add_outcome(actor=self.person, release=release, **self.sent(NewOutcomeSerializer))
        return Response(TrainingOutcomeSerializer(made).data, status=201)


class OneOutcome(Resource):
    """An outcome that waits."""

    scopes = {"POST": Scope.RELEASE}

    @extend_schema(
        operation_id="decide_outcome", request=OutcomeDecisionSerializer, responses=TrainingOutcomeSerializer
    )
    @once
    def post(self, request: Request, org: str, name: str, pk: int) -> Response:
        """List an outcome, or decline it with a reason."""
        dataset, said = load_dataset(self.person, org, name), self.sent(OutcomeDecisionSerializer)
        check_can_answer(actor=self.person, dataset=dataset)
        found = outcomes_of(dataset, self.person, decides=True)
        listed = said["move"] == "list"
        decide_outcome(actor=self.person, outcome=load_outcome(found, pk), listed=listed, reason=said["reason"])
        return Response(TrainingOutcomeSerializer(load_outcome(found.all(), pk)).data)


def loaded(resource: Resource, org: str, name: str, uuid: UUID) -> Any:
    """Return a report that the caller may read."""
    dataset = load_dataset(resource.person, org, name)
    return load_report(resource.person, dataset, uuid, answers=bool(can_answer(actor=resource.person, dataset=dataset)))


def found_story(release: Release, split: str, row: int) -> dict[str, Any]:
    """Return the story at a row; `NotFound` where there is none."""
    try:
        story = story_at(release, split, row)
    except FileMissing as error:
        raise missing_file(release) from error
    if story is None:
        raise NotFound(_("There is no such row."))
    return story
