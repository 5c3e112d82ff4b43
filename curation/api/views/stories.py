"""All stories, as the story browser shows them."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import recuse_from
from annotations.models import Saw
from curation.accounts.models import Scope
from curation.api.resource import Resource
from curation.api.serializers.stories import ListedStorySerializer, StoryFilterSerializer
from curation.stories.models import Story
from curation.stories.permissions import check_can_browse
from curation.stories.stages import State
from curation.triage.filters import StoryFilter, matching_stories
from curation.triage.queries import as_listed


class Stories(Resource):
    """All stories."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(
        operation_id="list_stories", parameters=[StoryFilterSerializer], responses=ListedStorySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List the stories, the newest first, without their texts. For curators and admins."""
        check_can_browse(actor=self.person)
        given = self.asked(StoryFilterSerializer)
        chosen = StoryFilter(
            words=given.get("words", ""),
            source=given.get("source", ""),
            language=given.get("language", ""),
            run=given.get("import_id"),
            states=(State(given["state"]),) if "state" in given else (),
            principle=given.get("principle", ""),
            theme=given.get("theme", ""),
            finding=given.get("finding", ""),
            raised=given.get("flag", ""),
        )
        if chosen.raised:
            self.noted_look()
        rows = as_listed(matching_stories(chosen, reader=self.person), reader=self.person)

        def show(found: list[Story]) -> object:
            if chosen.raised and recuse_from(user=self.person, stories=[story.pk for story in found], saw=Saw.REVIEWS):
                # Now that it is on record, their flags are shown.
                found = list(rows.filter(pk__in=[story.pk for story in found]).order_by("-pk"))
            return ListedStorySerializer(found, many=True).data

        return self.page(rows, show)
