"""The work of a reviewer: the next story, its draft, the review, and handing a story back."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations import actions
from annotations.actions.consenting import ConsentMissing
from annotations.models import Assignment
from annotations.queries import load_assignment, queue_access
from annotations.queries.assignments import NOT_ASSIGNED, assignments_of
from annotations.queries.reading import surroundings
from annotations.schema import parse_submission
from curation.accounts.models import Scope
from curation.api.conditional import as_json, changing, shown
from curation.api.idempotency import key_for_action, keyed
from curation.api.resource import Resource, with_location
from curation.api.serializers.reviewing import (
    AssignmentFiltersSerializer,
    AssignmentSerializer,
    ClaimSerializer,
    DraftSerializer,
    NewDraftSerializer,
    NewReviewSerializer,
    PassSerializer,
    ReadingSerializer,
    SubmittedSerializer,
    as_read,
    draft_of,
)
from curation.core.errors import Conflict, InvalidInput


def to_read(assignment: Assignment, *, reading: int = 0, sheet: bool = True) -> dict[str, Any]:
    """Return what is to be read and answered of an assignment by `load_assignment`; `reading` is as in a claim."""
    return as_read(assignment, surroundings(assignment, reading=reading), sheet=sheet)


class Claims(Resource):
    """Asking for a story."""

    scopes = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="claim_story",
        request=ClaimSerializer,
        responses={200: ReadingSerializer, 204: OpenApiResponse(description="No story is left for you here.")},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Get the story that you are reading in a queue, or the next one, with its text and the sheet to fill in.

        It is yours until `lease_until`; asking again gets the same and renews it. With `ahead_of` you hold one more, to
        read next. `consent_missing` and `not_practised` say what has to be done first.
        """
        sent = self.sent(ClaimSerializer)
        access = queue_access(self.person, slug)
        if not access.answered:
            raise ConsentMissing(_("Say first whether your ratings may be published. Yes and no are both fine."))
        reading = sent["ahead_of"] or 0
        assignment = actions.claim(reviewer=self.person, queue=access.queue, ahead_of=reading)
        if assignment is None:
            return Response(status=204)
        said = to_read(assignment, reading=reading, sheet=sent["sheet"])
        return Response(said, headers={"Location": reverse("api:assignment", args=[assignment.pk])})


class Assignments(Resource):
    """Your assignments."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(
        operation_id="list_assignments",
        parameters=[AssignmentFiltersSerializer],
        responses=AssignmentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List your assignments: those you hold, submitted or passed on, and those whose lease ran out."""
        asked = self.asked(AssignmentFiltersSerializer)
        rows = assignments_of(self.person)
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        if "queue" in asked:
            rows = rows.filter(item__queue__slug=asked["queue"])
        return self.page(rows, lambda assignments: AssignmentSerializer(assignments, many=True).data)


class OneAssignment(Resource):
    """One of your assignments."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_assignment", responses=ReadingSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One of your assignments, with the story's text, the sheet and the draft."""
        self.asked()
        return Response(to_read(load_assignment(self.person, pk)))


class OfAnAssignment(Resource):
    """What is done with one of your assignments."""

    def newest(self) -> Response:
        """Tell how the assignment stands by now, without the text."""
        return Response(AssignmentSerializer(load_assignment(self.person, self.kwargs["pk"])).data)


class Resuming(OfAnAssignment):
    """Going on with a story."""

    scopes = {"POST": Scope.REVIEW}

    @extend_schema(operation_id="resume_assignment", request=None, responses=AssignmentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Renew the lease of a story, also of one whose lease ran out, if its place is free still.

        `seat_taken` where it is not: the draft stays, and can be submitted as an extra review.
        """
        actions.resume(reviewer=self.person, assignment=load_assignment(self.person, pk))
        return Response(AssignmentSerializer(load_assignment(self.person, pk)).data)


class OneDraft(Resource):
    """What is marked so far."""

    scopes = {"GET": Scope.READ, "PUT": Scope.REVIEW}
    conditional = {"PUT"}

    @extend_schema(operation_id="get_draft", responses=DraftSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What you have marked so far, here or on the page."""
        self.asked()
        return Response(draft_of(load_assignment(self.person, pk)))

    @extend_schema(operation_id="save_draft", request=NewDraftSerializer, responses=DraftSerializer)
    def put(self, request: Request, pk: int) -> Response:
        """Keep what is marked by now, and renew the lease. Nothing has to be complete.

        409 where something newer is kept, from another window or program: `current` is that.
        """
        sent = self.sent(NewDraftSerializer)
        if "If-Match" in request.headers:
            with changing(request, self._mine(pk), draft_of, said=str(NOT_ASSIGNED)) as assignment:
                version = sent.get("version", draft_of(assignment)["version"])
                return shown(self._save(assignment, sent["answers"], version))
        if "version" not in sent:
            said = _("Say which version this draft starts from: “version”, or “If-Match”.")
            raise InvalidInput(said, data={"missing": ["version"]})
        try:
            return shown(self._save(Assignment(pk=pk), sent["answers"], sent["version"]))
        except Conflict as error:
            error.data["current"] = as_json(draft_of(load_assignment(self.person, pk)))
            raise

    def _mine(self, pk: int) -> QuerySet[Assignment]:
        return assignments_of(self.person).filter(pk=pk).select_related("draft")

    def _save(self, assignment: Assignment, data: dict[str, Any], version: int) -> dict[str, Any]:
        kept = actions.save_draft(reviewer=self.person, assignment=assignment, data=as_json(data), version=version)
        return dict(DraftSerializer(kept).data)


class Reviewing(OfAnAssignment):
    """Committing a review."""

    scopes = {"POST": Scope.REVIEW}

    @extend_schema(operation_id="submit_review", request=NewReviewSerializer, responses={201: SubmittedSerializer})
    @keyed
    def post(self, request: Request, pk: int) -> Response:
        """Submit your review of a story. The last one that a story waits for has it decided.

        `incomplete_review` names in `missing` what is still to be answered. The same key with the same review again
        gets the same answer; with another one, nothing is kept. The draft is kept in every case.
        """
        sent = self.sent(NewReviewSerializer)
        or_extra, assignment = sent.pop("or_extra"), load_assignment(self.person, pk)
        review = actions.submit(
            reviewer=self.person,
            assignment=assignment,
            submission=parse_submission(as_json(sent), assignment.rubric),
            idempotency_key=key_for_action(request),
            or_extra=or_extra,
        )
        return with_location(SubmittedSerializer(review).data, reverse("api:review", args=[review.pk]))


class Passing(OfAnAssignment):
    """Handing a story back."""

    scopes = {"POST": Scope.REVIEW, "DELETE": Scope.REVIEW}

    @extend_schema(operation_id="pass_assignment", request=PassSerializer, responses=AssignmentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Hand a story back without penalty. You are not given it again. Twice changes nothing."""
        sent, assignment = self.sent(PassSerializer), load_assignment(self.person, pk)
        actions.pass_on(reviewer=self.person, assignment=assignment, reason=sent["reason"])
        return Response(AssignmentSerializer(load_assignment(self.person, pk)).data)

    @extend_schema(operation_id="take_pass_back", responses={200: AssignmentSerializer})
    def delete(self, request: Request, pk: int) -> Response:
        """Take a pass back and read the story after all, if its place is free still; 409 where it is not."""
        actions.take_pass_back(reviewer=self.person, assignment=load_assignment(self.person, pk))
        return Response(AssignmentSerializer(load_assignment(self.person, pk)).data)
