"""Before the first story: the consent, the practice round and the guidelines."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations import actions, material
from annotations.actions.practising import practise
from annotations.models import PracticeAttempt
from annotations.practising import (
    ENOUGH,
    PracticeStory,
    compare,
    flags_beside,
    practice_stories,
    round_of,
    story_at,
    themes_beside,
)
from annotations.queries.consent import consents_of
from annotations.queries.guidelines import flag_guides, guides
from annotations.queries.practice import as_done, has_practised, latest_attempts
from annotations.schema import parse_submission
from curation.accounts.models import Scope
from curation.api.conditional import as_json
from curation.api.idempotency import once
from curation.api.resource import Resource, only
from curation.api.serializers.preparing import (
    ConsentSerializer,
    FeedbackSerializer,
    GivenSerializer,
    GuidelinesFiltersSerializer,
    GuidelinesSerializer,
    NewConsentSerializer,
    PracticeSerializer,
    PracticeStorySerializer,
    figures_of,
)
from curation.api.serializers.reviewing import AnswersSerializer
from curation.core.errors import NotFound
from curation.standards.models import Rubric
from curation.standards.queries import current_rubric
from curation.standards.spec import spec_for_reader


class Consenting(Resource):
    """What is published of ratings."""

    scopes = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(operation_id="get_consent", responses=ConsentSerializer)
    def get(self, request: Request) -> Response:
        """What would be published of your ratings, to be read before answering, and your latest answer."""
        self.asked()
        version = material.consent_version()
        text = material.read("consent", str(version))
        language = material.language_of("consent", str(version))
        said = {**text, "version": version, "language": language, "answer": consents_of(self.person).first()}
        return Response(ConsentSerializer(said).data)

    @extend_schema(operation_id="answer_consent", request=NewConsentSerializer, responses={201: GivenSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Say whether your ratings may be published. Releases made from now on follow it; the latest answer holds."""
        return Response(
            GivenSerializer(actions.give_consent(user=self.person, **self.sent(NewConsentSerializer))).data, status=201
        )


class Practice(Resource):
    """The practice round."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_practice", responses=PracticeSerializer)
    def get(self, request: Request) -> Response:
        """The stories of the practice round, and how you stand in it. Some queues ask that it be passed."""
        self.asked()
        latest = latest_attempts(self.person)
        rows = [
            {
                "number": story.number,
                "title": story.title,
                "n_words": story.n_words,
                "language": story.language,
                **figures_of(latest.get(story.key)),
            }
            for story in practice_stories()
        ]
        last_round = round_of({key: as_done(attempt) for key, attempt in latest.items()})
        said = {"practised": has_practised(self.person), "share": last_round.share, "enough": ENOUGH, "stories": rows}
        return Response(PracticeSerializer(said).data)


class OnePractice(Resource):
    """A practice story."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_practice_story", responses=PracticeStorySerializer)
    def get(self, request: Request, number: int) -> Response:
        """A practice story to rate, with the sheet."""
        self.asked()
        context = {"rubric": current_rubric()}
        return Response(PracticeStorySerializer(story_at(number), context=context).data)


class PracticeAttempts(Resource):
    """Practising."""

    scopes = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(operation_id="get_practice_feedback", responses=FeedbackSerializer)
    def get(self, request: Request, number: int) -> Response:
        """Your latest attempt at a practice story beside an expert's ratings; 404 before the first."""
        self.asked()
        story = story_at(number)
        attempt = latest_attempts(self.person).get(story.key)
        if attempt is None:
            raise NotFound(_("You have not rated this practice story yet."))
        return Response(_feedback(story, attempt, current_rubric()))

    @extend_schema(operation_id="practise", request=AnswersSerializer, responses={201: FeedbackSerializer})
    @once
    def post(self, request: Request, number: int) -> Response:
        """Rate a practice story, and see an expert's ratings with the reasons. It is never a review."""
        story, rubric = story_at(number), current_rubric()
        submission = parse_submission(as_json(self.sent(AnswersSerializer)), rubric)
        attempt = practise(user=self.person, story=story, submission=submission, spec=spec_for_reader(rubric))
        return Response(_feedback(story, attempt, rubric), status=201)


class Guidelines(Resource):
    """How to rate."""

    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_guidelines", parameters=[GuidelinesFiltersSerializer], responses=GuidelinesSerializer
    )
    def get(self, request: Request) -> Response:
        """The guidelines of a rubric: each criterion with worked examples, and when to raise each flag."""
        asked = self.asked(GuidelinesFiltersSerializer)
        if "rubric" in asked:
            rubric = only(Rubric.objects.all(), _("There is no such rubric."), pk=asked["rubric"])
        else:
            rubric = current_rubric()
        spec = spec_for_reader(rubric)
        said = {
            "rubric": rubric.pk,
            "name": str(rubric),
            "summary": spec.summary,
            "criteria": guides(spec),
            "flags": flag_guides(spec),
            "themes": spec.themes,
        }
        return Response(GuidelinesSerializer(said).data)


def _feedback(story: PracticeStory, attempt: PracticeAttempt, rubric: Rubric) -> dict[str, Any]:
    spec, data = spec_for_reader(rubric), attempt.data
    said = {
        "number": story.number,
        "at": attempt.at,
        "passed": attempt.passed,
        "lesson": story.lesson,
        **figures_of(attempt),
        "ratings": compare(story, data.get("ratings") or {}, {criterion.key for criterion in spec.criteria}),
        "flags": flags_beside(story, data, {flag.key: flag.name for flag in spec.flags}),
        "themes": themes_beside(story, data, {theme.key: theme.name for theme in spec.themes}),
    }
    return dict(FeedbackSerializer(said).data)
