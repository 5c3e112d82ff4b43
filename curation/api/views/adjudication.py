"""Decisions, and adjudicating what the policy could not decide. Model scores are never shown here."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import adjudicate, open_to_adjudicate, recuse_from, undo_adjudication
from annotations.models import Decision, Saw
from annotations.permissions import can_adjudicate, check_can_read_decisions
from annotations.queries import awaiting_adjudication
from annotations.queries.decisions import decisions_told_to, in_use, next_to_adjudicate, scores_seen
from annotations.queries.second_looks import SecondLook, dangers_of, reasons_of, second_looks
from annotations.queries.side_by_side import side_by_side
from annotations.telling import told_reasons
from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, only
from curation.api.serializers.adjudication import (
    AdjudicatedSerializer,
    AdjudicationSerializer,
    DecisionFiltersSerializer,
    DecisionSerializer,
    NewAdjudicationSerializer,
    WaitingSerializer,
)
from curation.stories.stages import State


class Adjudications(Resource):
    """What waits for a curator."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_adjudications", responses=WaitingSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the stories that wait to be adjudicated, without those that you have yet to judge yourself.

        It goes on record that you have seen what reviewers said of those on this page: you can review them no more.
        """
        check_can_read_decisions(actor=self.person)
        self.noted_look()
        self.asked()
        return self.page(awaiting_adjudication(self.person).defer("story__text"), self._show)

    def _show(self, waiting: list[Decision]) -> Any:
        stories = [decision.story_id for decision in waiting]
        recuse_from(user=self.person, stories=stories, saw=Saw.REVIEWS)
        seen, asked, dangers = scores_seen(self.person, stories), reasons_of(stories), dangers_of(stories)
        for row in waiting:
            row.unmet = [reason for reason in told_reasons(row) if not reason["passed"]]  # type: ignore[attr-defined]
            row.asked, row.dangers = asked.get(row.story_id, []), dangers.get(row.story_id, [])  # type: ignore[attr-defined]
            row.saw_score = row.story_id in seen  # type: ignore[attr-defined]
        return WaitingSerializer(waiting, many=True).data


class Adjudication(Resource):
    """A story before a curator."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}

    @extend_schema(operation_id="get_adjudication", responses=AdjudicationSerializer)
    def get(self, request: Request, story_id: int) -> Response:
        """A decided story with its reviews beside each other. It goes on record that you have seen them.

        403 while you have yet to judge the story yourself.
        """
        self.asked()
        self.noted_look()
        _own, decision = open_to_adjudicate(actor=self.person, story_id=story_id)
        sides, looks = side_by_side(decision), second_looks(decision)
        decision.stands = True  # type: ignore[attr-defined]
        numbers = {review.pk: number for number, review in enumerate(sides.reviews, start=1)}
        shown = {
            "decision": decision,
            "sides": sides,
            "waiting": bool(looks) or decision.story.stage.state == State.ADJUDICATION,
            "in_use": in_use(story_id),
            "why_not": can_adjudicate(actor=self.person, story=decision.story).reason,
            "second_looks": [_look(look, numbers.get(look.review.revises_id or 0, 0)) for look in looks],
        }
        return Response(AdjudicationSerializer(shown).data)

    @extend_schema(operation_id="adjudicate", request=NewAdjudicationSerializer, responses={201: AdjudicatedSerializer})
    @once
    def post(self, request: Request, story_id: int) -> Response:
        """Decide a story that waits for a curator, with a note that says why.

        409 where it waits no more. For some minutes you can take it back.
        """
        sent = self.sent(NewAdjudicationSerializer)
        _own, before = open_to_adjudicate(actor=self.person, story_id=story_id)
        decision = adjudicate(
            actor=self.person,
            story=before.story,
            outcome=sent["outcome"],
            note=sent["note"],
            verdicts=sent["flags"],
        )
        decision.stands = True  # type: ignore[attr-defined]
        following = next_to_adjudicate(self.person, after=before.pk)
        return Response(AdjudicatedSerializer({"decision": decision, "next": following}).data, status=201)


class Decisions(Resource):
    """All decisions."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(
        operation_id="list_decisions",
        parameters=[DecisionFiltersSerializer],
        responses=DecisionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List decisions with their reasons, without those on stories that you have yet to judge yourself.

        It goes on record that you have seen what reviewers said of those on this page: you can review them no more.
        """
        check_can_read_decisions(actor=self.person)
        self.noted_look()
        asked = self.asked(DecisionFiltersSerializer)
        names = {"outcome": "outcome", "queue": "queue__slug", "story": "story", "stands": "stands"}
        rows = decisions_told_to(self.person).filter(**{names[name]: asked[name] for name in names if name in asked})
        if "by" in asked:
            rows = rows.filter(decided_by__isnull=asked["by"] == "policy")
        return self.page(rows, self._show)

    def _show(self, decisions: list[Decision]) -> Any:
        recuse_from(user=self.person, stories=[decision.story_id for decision in decisions], saw=Saw.REVIEWS)
        return DecisionSerializer(decisions, many=True).data


class OneDecision(Resource):
    """A decision."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_decision", responses=DecisionSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One decision with its reasons. It goes on record that you have seen what reviewers said of the story."""
        self.asked()
        check_can_read_decisions(actor=self.person)
        self.noted_look()
        decision = only(
            decisions_told_to(self.person), _("There is no such decision, or it is not yours to see yet."), pk=pk
        )
        recuse_from(user=self.person, stories=[decision.story_id], saw=Saw.REVIEWS)
        return Response(DecisionSerializer(decision).data)


class DecisionUndo(Resource):
    """Taking a decision back."""

    scopes = {"POST": Scope.CURATE}

    @extend_schema(operation_id="undo_decision", request=None, responses={201: DecisionSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Take back the decision that you have just made; what held before holds again. 409 once it is too late."""
        check_can_read_decisions(actor=self.person)
        made = only(Decision.objects.filter(decided_by=self.person), _("There is no such decision of yours."), pk=pk)
        undone = undo_adjudication(actor=self.person, decision=made)
        undone.stands = True  # type: ignore[attr-defined]
        return Response(DecisionSerializer(undone).data, status=201)


def _look(look: SecondLook, reader: int) -> dict[str, Any]:
    """Return a request as pages show it: a revision by its reason, a review with a safety flag by what it says."""
    review = look.review
    return {
        "reader": reader,
        "reason": review.reason,
        "changed": [criterion.key for criterion in look.changed],
        "dangers": [flag.key for flag in look.dangers],
        "comment": "" if review.reason else review.comment,
        "quotes": [] if review.reason else [span.quote for span in review.spans.all()],
    }
