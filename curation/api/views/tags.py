"""Tags: what stories are about."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource
from curation.api.serializers.stories import BulkTagsSerializer, NewTagsSerializer, TaggedSerializer, TagSerializer
from curation.core.errors import NotFound
from curation.stories.actions import tag_stories
from curation.stories.models import Story
from curation.stories.models.tag import TagKind
from curation.stories.permissions import check_can_tag
from curation.stories.queries import load_story


class StoryTags(Resource):
    """The tags of a story."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_story_tags", responses=TagSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the tags of a story, the newest first: its principles, themes and content notes."""
        self.asked()
        return self.page(load_story(self.person, pk).tags.all(), lambda rows: TagSerializer(rows, many=True).data)

    @extend_schema(operation_id="tag_story", request=NewTagsSerializer, responses=TaggedSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Tag a story. Tags that it has already stay as they are."""
        self.asked()
        return tagged(self, [load_story(self.person, pk).pk], self.sent(NewTagsSerializer))


class Tags(Resource):
    """Tags of many stories."""

    scopes = {"POST": Scope.CURATE}

    @extend_schema(operation_id="tag_stories", request=BulkTagsSerializer, responses=TaggedSerializer)
    @once
    def post(self, request: Request) -> Response:
        """Put all of these tags on all of these stories, up to 1,000 at once; on none, where one is not there."""
        self.asked()
        check_can_tag(actor=self.person)
        sent = self.sent(BulkTagsSerializer)
        wanted = set(sent["stories"])
        there = set(Story.objects.visible_to(self.person).filter(pk__in=wanted).values_list("pk", flat=True))
        if strange := sorted(wanted - there):
            said = _("There is no such story, or it is not yours to open.")
            raise NotFound(said, data={"stories": strange})
        return tagged(self, sorted(there), sent)


def tagged(view: Resource, stories: list[int], sent: dict[str, list[dict[str, str]]]) -> Response:
    """Tag the stories, and say how many tags are new."""
    tags = [(TagKind(tag["kind"]), tag["key"]) for tag in sent["tags"]]
    return Response(TaggedSerializer({"added": tag_stories(actor=view.person, stories=stories, tags=tags)}).data)
