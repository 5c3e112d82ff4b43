"""One story, and what a curator does with it."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import recuse_from, unblock
from annotations.models import Review, Saw
from annotations.queries.blindness import has_seen_scores, involvement_of
from annotations.queries.decisions import decisions_for, extras_of, reviews_in_full
from annotations.queries.kept_back import history_of
from curation.accounts.models import Scope
from curation.api.conditional import Shown
from curation.api.idempotency import once
from curation.api.resource import Resource, only, shown_by
from curation.api.serializers.stories import HistorySerializer, LineageSerializer, StorySerializer
from curation.api.serializers.told import DecidedSerializer, ScoresSerializer
from curation.calibration.actions import ask_for_scores, reveal_findings, reveal_scores
from curation.scoring.queries import rubric_in_use
from curation.stories.models import Lineage, Story
from curation.stories.queries import findings_of, lineage_of, load_story
from curation.triage.queries import as_listed

# How the record of who has seen scores names these calls.
WHERE = "api"


class OneStory(Resource):
    """A story."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_story", responses=StorySerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A story with its text, its origin, what checks found, its tags and its lineage."""
        self.asked()
        return Response(story_shown_to(self, pk))


class StoryLineage(Resource):
    """What a story was made from, and what was made from it."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_story_lineage", responses=LineageSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What a story was made from, and what was made from it: rewrites, and twins that differ in one thing."""
        self.asked()
        return Response(LineageSerializer(descent(load_story(self.person, pk))).data)


class StoryDecisions(Resource):
    """What was decided about a story."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_story_decisions", responses=DecidedSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The decisions on a story with their reasons, and the reviews that the newest rests on.

        Whoever sees them is not given the story to review any more. Nothing is told while you may still be asked to.
        """
        self.asked()
        story = load_story(self.person, pk)
        own, decisions = decisions_for(self.person, story)
        if decisions:
            self.noted_look()
            recuse_from(user=self.person, stories=[story.pk], saw=Saw.REVIEWS)
        for number, decision in enumerate(decisions):
            vars(decision).update(stands=number == 0)
        said = {
            "kept_back": own.blind,
            "decisions": decisions,
            "reviews": numbered(reviews_in_full(decisions[0])) if decisions else [],
            "extras": numbered(extras_of(story)) if decisions else [],
        }
        return Response(DecidedSerializer(said).data)


class StoryScores(Resource):
    """What models said of a story."""

    scopes = {"GET": Scope.READ, "POST": Scope.READ}

    @extend_schema(operation_id="get_story_scores", responses=ScoresSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The scores of a story, if you have asked to see them before; else none."""
        self.asked()
        story = load_story(self.person, pk)
        return Response(self._told(story, is_shown=has_seen_scores(self.person, story)))

    @extend_schema(operation_id="show_story_scores", request=None, responses=ScoresSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Ask to see the scores of a story.

        It goes on record where the story has scores, and you no longer review or adjudicate that story blind.
        """
        self.asked()
        story = load_story(self.person, pk)
        ask_for_scores(user=self.person, story=story, rubric=rubric_in_use(), where=WHERE)
        return Response(self._told(story, is_shown=True))

    def _told(self, story: Story, *, is_shown: bool) -> Shown:
        user, rubric = self.person, rubric_in_use()
        told = {
            "shown": is_shown,
            "scores": reveal_scores(user=user, story=story, rubric=rubric, where=WHERE) if is_shown else [],
            "findings": reveal_findings(user=user, story=story, rubric=rubric) if is_shown else [],
        }
        return dict(ScoresSerializer(told).data)


class StoryUnblock(Resource):
    """The block that a check put on a story."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneStory)

    @extend_schema(operation_id="unblock_story", request=None, responses=StorySerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Lift the block that a check put on a story: you read what it found, and found it harmless."""
        self.asked()
        unblock(actor=self.person, story=load_story(self.person, pk))
        return Response(story_shown_to(self, pk))


class StoryHistory(Resource):
    """What was done to a story."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_story_history", responses=HistorySerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List what was done to a story, the newest first, without what you must not know yet."""
        self.asked()
        rows = history_of(load_story(self.person, pk), reader=self.person)
        return self.page(rows, lambda found: HistorySerializer(found, many=True).data)


def story_shown_to(view: Resource, pk: int) -> Shown:
    """Return a story as the person who calls may know it."""
    rows = as_listed(Story.objects.visible_to(view.person), reader=view.person).defer(None)
    story = only(rows, _("There is no such story, or it is not yours to open."), pk=pk)
    is_blind = involvement_of(view.person, pk).blind
    vars(story).update(
        found=findings_of(story),
        descent=descent(story),
        n_reviews=None if is_blind else Review.objects.live_commits().filter(story=story).count(),
    )
    return dict(StorySerializer(story).data)


def descent(story: Story) -> Shown:
    """Return what a story was made from, and what was made from it."""

    def told(link: Lineage, other: Story) -> Shown:
        return {"id": other.pk, "title": other.title, "kind": link.kind}

    parents, children = lineage_of(story)
    return {
        "made_from": [told(link, link.parent) for link in parents],
        "made_into": [told(link, link.child) for link in children],
    }


def numbered(reviews: list[Review]) -> list[Review]:
    """Return reviews with the number of their reader, in their order."""
    for number, review in enumerate(reviews, start=1):
        vars(review).update(number=number)
    return reviews
