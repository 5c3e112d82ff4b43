"""Reviews of one's own that are in: reading them, taking one back, revising one, and comparing one with a judge."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations import actions
from annotations.models import Review
from annotations.permissions import can_revise, can_withdraw, check_can_review
from annotations.queries import load_assignment
from annotations.queries.blindness import has_seen_scores
from annotations.queries.history import in_full, load_review, own_reviews, revisions_of
from annotations.queries.work import HistoryFilter, matching_reviews
from annotations.schema import parse_submission
from curation.accounts.models import Scope
from curation.api.conditional import as_json
from curation.api.idempotency import key_for_action, keyed, once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.reviewing import ReadingSerializer
from curation.api.serializers.reviews import (
    ComparisonSerializer,
    NewRevisionSerializer,
    OneReviewSerializer,
    ReviewFiltersSerializer,
    ReviewSerializer,
    RevisionSerializer,
    WithdrawalSerializer,
)
from curation.api.views.reviewing import to_read
from curation.calibration.actions import reveal_comparison
from curation.calibration.permissions import can_compare, check_can_compare
from curation.core.errors import NotFound
from curation.triage.queries import shown_judge


class Reviews(Resource):
    """All of one's reviews."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(
        operation_id="list_reviews", parameters=[ReviewFiltersSerializer], responses=ReviewSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List your reviews as you wrote them, those that you took back too."""
        check_can_review(actor=self.person)
        rows = in_full(matching_reviews(own_reviews(self.person), HistoryFilter(**self.asked(ReviewFiltersSerializer))))
        return self.page(rows.defer("story__text"), lambda reviews: ReviewSerializer(reviews, many=True).data)


class OneReview(Resource):
    """One of one's reviews."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_review", responses=OneReviewSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One of your reviews, and whether it can be taken back, revised or compared with a judge."""
        self.asked()
        review = self._load(pk)
        review.may_withdraw = can_withdraw(actor=self.person, review=review)  # type: ignore[attr-defined]
        review.may_revise = can_revise(actor=self.person, review=review)  # type: ignore[attr-defined]
        review.may_compare = can_compare(actor=self.person, review=review)  # type: ignore[attr-defined]
        return Response(OneReviewSerializer(review).data)

    def _load(self, pk: int) -> Review:
        check_can_review(actor=self.person)
        return load_review(self.person, pk)


class Withdrawing(Resource):
    """Taking a review back."""

    scopes = {"POST": Scope.REVIEW}
    newest = shown_by(OneReview)

    @extend_schema(operation_id="withdraw_review", request=WithdrawalSerializer, responses={201: ReadingSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Take a review back: it counts no longer, and your turn is open again with all of it in the draft.

        409 says why it stays: it was revealed, is in use, or its story was decided more than an hour ago.
        """
        sent = self.sent(WithdrawalSerializer)
        assignment = actions.withdraw(reviewer=self.person, review=load_review(self.person, pk), reason=sent["reason"])
        said = to_read(load_assignment(self.person, assignment.pk))
        return with_location(said, reverse("api:assignment", args=[assignment.pk]))


class Revisions(Resource):
    """What is said of a review later."""

    scopes = {"GET": Scope.READ, "POST": Scope.REVIEW}
    paged = True
    newest = shown_by(OneReview)

    @extend_schema(operation_id="list_revisions", responses=RevisionSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the revisions of one of your reviews."""
        check_can_review(actor=self.person)
        self.asked()
        rows = revisions_of(load_review(self.person, pk))
        return self.page(rows, lambda revisions: RevisionSerializer(revisions, many=True).data)

    @extend_schema(operation_id="revise_review", request=NewRevisionSerializer, responses={201: RevisionSerializer})
    @keyed
    def post(self, request: Request, pk: int) -> Response:
        """Say what you think now, beside a review that you can no longer take back; the review alone counts.

        The same key with the same words again gets the same answer.
        """
        sent, review = self.sent(NewRevisionSerializer), load_review(self.person, pk)
        reason, ask_curator = sent.pop("reason"), sent.pop("ask_curator")
        revision = actions.revise(
            reviewer=self.person,
            review=review,
            submission=parse_submission(as_json(sent), review.rubric),
            reason=reason,
            ask_curator=ask_curator,
            idempotency_key=key_for_action(request),
        )
        return Response(RevisionSerializer(revisions_of(review).get(pk=revision.pk)).data, status=201)


class Comparing(Resource):
    """Seeing what a judge says."""

    # The first time it does something: whoever has compared takes the review back no more.
    scopes = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(operation_id="get_comparison", responses=ComparisonSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One of your reviews beside what the queue's judge says of the story, once you have asked to see it (POST)."""
        self.asked()
        review = load_review(self.person, pk)
        check_can_compare(actor=self.person, review=review)
        if not has_seen_scores(self.person, review.story):
            raise NotFound(_("You have not compared this review yet."))
        return self._show(review)

    @extend_schema(
        operation_id="compare_review",
        request=None,
        responses={200: ComparisonSerializer, 204: OpenApiResponse(description="No judge has scored the story.")},
    )
    def post(self, request: Request, pk: int) -> Response:
        """See one of your reviews beside what the queue's judge says of the story, where its queue allows it.

        It goes on record that you have seen scores of the story: from then on you can revise the review, and not take
        it back.
        """
        return self._show(load_review(self.person, pk))

    def _show(self, review: Review) -> Response:
        judge = shown_judge(review.assignment.item.queue)
        compared = reveal_comparison(actor=self.person, review=review, judge=judge)
        if compared is None:
            if self.request.method == "GET":
                raise NotFound(_("No model has scored this story yet."))
            return Response(status=204)
        lines = [*compared.apart, *compared.rest]
        return Response(ComparisonSerializer({"version": compared.version, "lines": lines}).data)
