"""Which stories a version takes, or took, and how good they are."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource
from curation.api.serializers.releases import OutlookSerializer, as_outlook
from curation.api.serializers.selection import (
    LeftOutSerializer,
    NewPreviewSerializer,
    NewReratingSerializer,
    ReleaseQualitySerializer,
    ReratingSampleSerializer,
)
from curation.core.errors import InvalidInput, NotFound
from curation.releases import versions
from curation.releases.actions import draw_rerating
from curation.releases.models import LeftOut
from curation.releases.permissions import check_can_release
from curation.releases.queries.candidates import plan
from curation.releases.queries.choosing import check_choice
from curation.releases.queries.find import load_dataset, load_release
from curation.releases.queries.outlook import outlook
from curation.releases.queries.quality import release_quality
from curation.releases.selecting import SelectionChoice


class DatasetPreview(Resource):
    """The next version of a dataset by a selection."""

    scopes = {"POST": Scope.RELEASE}

    @extend_schema(operation_id="preview_release", request=NewPreviewSerializer, responses=OutlookSerializer)
    def post(self, request: Request, org: str, name: str) -> Response:
        """What would go into the next version by a selection, what is left out and why, and what changes since the
        version before. Nothing is kept. What is decided until the rows are frozen counts. Stories that the caller has
        yet to review blind are not counted here."""
        found = load_dataset(self.person, org, name)
        check_can_release(actor=self.person, dataset=found)
        said = self.sent(NewPreviewSerializer)
        choice = chosen(said)
        try:
            number = versions.parse(said["version"]) if "version" in said else None
        except ValueError as error:
            raise InvalidInput(str(error)) from error
        look = plan(found, number=number, choice=choice, only_corrects=said["only_corrects"], reader=self.person)
        return Response(as_outlook(look, outlook(look, agreement=False)))


class ReleaseLeftOut(Resource):
    """What a version did not take."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_left_out", responses=LeftOutSerializer(many=True))
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """List the stories that a version could have had and did not take, each with the reason. For curators.
        Stories that the caller has yet to review blind are left out."""
        self.asked()
        found = load_release(self.person, org, name, version)
        check_can_release(actor=self.person, dataset=found.dataset)
        blind = to_judge_blind(self.person, "story") | to_judge_blind(self.person, "instead")
        rows = LeftOut.objects.filter(~blind, release=found).select_related("story", "instead")
        return self.page(rows, lambda rows: LeftOutSerializer(rows, many=True).data)


class QualityOfRelease(Resource):
    """How good a version is."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_release_quality", responses=ReleaseQualitySerializer)
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """What people say of a version who rated some of its stories once more. 404 where none were drawn: then it is
        not measured."""
        self.asked()
        found = release_quality(load_release(self.person, org, name, version))
        if found is None:
            raise NotFound(_("The quality of this version is not measured: none of its stories were drawn."))
        return Response(ReleaseQualitySerializer(found.as_data()).data)


class ReratingSamples(Resource):
    """Stories of a version that are rated once more."""

    scopes = {"POST": Scope.RELEASE}

    @extend_schema(
        operation_id="draw_rerating", request=NewReratingSerializer, responses={201: ReratingSampleSerializer}
    )
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Draw accepted stories of a version at random into a new queue, which gives them to nobody who has rated them
        or seen their ratings. Give the queue its members next."""
        found = load_release(self.person, org, name, version)
        check_can_release(actor=self.person, dataset=found.dataset)
        sample = draw_rerating(actor=self.person, release=found, **self.sent(NewReratingSerializer))
        return Response(ReratingSampleSerializer(sample).data, status=201)


def chosen(said: dict[str, Any]) -> SelectionChoice | None:
    """Return the selection that was sent, checked; None for that of the version before."""
    selection = said.get("selection")
    if selection is None:
        return None
    choice = SelectionChoice.from_data(selection)
    check_choice(choice)
    return choice
