"""Releases: the versions of a dataset, their builds and their files."""

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.changes import ChangesFilter, DifferenceSerializer
from curation.api.serializers.releases import (
    NewReleaseSerializer,
    ReleaseFileSerializer,
    ReleaseSerializer,
    WholeReleaseSerializer,
)
from curation.api.views.selecting import chosen
from curation.releases.actions import discard, retry, start_release, takes_long
from curation.releases.diff import changelog, compare
from curation.releases.models import Release
from curation.releases.permissions import check_can_release
from curation.releases.queries.find import load_dataset, load_release
from curation.releases.views import files
from curation.releases.views.changes import both

RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER, description="Which bytes to send, as in `bytes=0-99`; one range only."
)
TYPES = (files.PARQUET, *files.TYPES.values())
BYTES: dict[Any, Any] = {
    **{(200, kind): OpenApiResponse(OpenApiTypes.BINARY, "The bytes.") for kind in TYPES},
    **{(206, kind): OpenApiResponse(OpenApiTypes.BINARY, "The bytes that `Range` asked for.") for kind in TYPES},
    302: OpenApiResponse(None, "Where the bytes are, for a few minutes."),
    416: OpenApiResponse(None, "The file ends before the range begins."),
}


class Releases(Resource):
    """The versions of a dataset."""

    scopes = {"GET": Scope.READ, "POST": Scope.RELEASE}
    paged = True

    @extend_schema(operation_id="list_releases", responses=ReleaseSerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List the versions of a dataset that you may open, the newest first; curators see unfinished ones too."""
        self.asked()
        found = Release.objects.visible_to(self.person).filter(dataset=load_dataset(self.person, org, name))
        found = found.select_related("created_by").defer("manifest", "frozen")
        return self.page(found, lambda rows: ReleaseSerializer(rows, many=True).data)

    @extend_schema(operation_id="create_release", request=NewReleaseSerializer, responses={202: ReleaseSerializer})
    @once
    def post(self, request: Request, org: str, name: str) -> Response:
        """Ask for the next version of a dataset. It is built by itself: look at its address until `state` is `built`,
        or `failed` with an `error`. The outlook says beforehand what would go in, and what is in the way."""
        found = load_dataset(self.person, org, name)
        check_can_release(actor=self.person, dataset=found)
        said = self.sent(NewReleaseSerializer)
        choice = chosen(said)
        asked = {name: said[name] for name in ("version", "notes", "formats", "only_corrects") if name in said}
        made = start_release(actor=self.person, dataset=found, choice=choice, counted=not takes_long(), **asked)
        address = reverse("api:release", args=[org, name, made.version])
        return with_location(ReleaseSerializer(made).data, address, status=202)


class OneRelease(Resource):
    """A version."""

    scopes = {"GET": Scope.READ, "DELETE": Scope.RELEASE}
    newest = shown_by()

    @extend_schema(operation_id="get_release", responses=WholeReleaseSerializer)
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """One version: how far its build is, and what was frozen with its rows."""
        self.asked()
        return Response(WholeReleaseSerializer(load_release(self.person, org, name, version)).data)

    @extend_schema(operation_id="discard_release", responses={204: None})
    def delete(self, request: Request, org: str, name: str, version: str) -> Response:
        """Take back a version that failed, or waits, before its rows were frozen: its name is free again. One that has
        rows stays."""
        discard(actor=self.person, release=load_release(self.person, org, name, version))
        return Response(status=204)


class ReleaseRetry(Resource):
    """Another try."""

    scopes = {"POST": Scope.RELEASE}
    newest = shown_by(OneRelease)

    @extend_schema(operation_id="retry_release", request=None, responses={202: ReleaseSerializer})
    @once
    def post(self, request: Request, org: str, name: str, version: str) -> Response:
        """Ask for the build of a failed version again; from the same rows, if those were frozen."""
        found = retry(actor=self.person, release=load_release(self.person, org, name, version))
        address = reverse("api:release", args=[org, name, version])
        return with_location(ReleaseSerializer(found).data, address, status=202)


class ReleaseChanges(Resource):
    """What differs between two versions."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_changes", parameters=[ChangesFilter], responses=DifferenceSerializer)
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """What differs between another version, by default the one before, and this one: stories, decisions, columns,
        agreement, distributions and coverage. Stories that you have yet to review are counted, and not named."""
        since = self.asked(ChangesFilter).get("since", "")
        old, new = both(self.person, org, name, version, since)
        found = compare(old, new, reader=self.person).as_data()
        return Response(DifferenceSerializer({**found, "text": changelog(found)}).data)


class ReleaseFiles(Resource):
    """The files of a version."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_files", responses=ReleaseFileSerializer(many=True))
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """List the files of a version with their checksums. There are none before it is built."""
        self.asked()
        found = load_release(self.person, org, name, version)
        rows = found.files.select_related("blob__purged")
        return self.page(rows, lambda rows: ReleaseFileSerializer(rows, many=True).data)


class Bytes(Resource):
    """What answers with bytes, whatever kinds the caller prefers."""

    scopes = {"GET": Scope.READ}
    in_bytes = True

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Choose JSON, which problems are told in."""
        return JSONRenderer(), JSONRenderer.media_type


class ReleaseFileContent(Bytes):
    """A file."""

    @extend_schema(operation_id="get_file", parameters=[RANGE], responses=BYTES)
    def get(self, request: Request, org: str, name: str, version: str, path: str) -> HttpResponseBase:
        """The bytes of a file, or a part of them. Who fetches rows reviews none of their stories afterwards: they hold
        ratings."""
        self.asked()
        self.noted_look()
        return files.release_file(request._request, org, name, version, path)


class ReleaseZip(Bytes):
    """All files."""

    @extend_schema(
        operation_id="get_zip",
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, "The zip.")},
    )
    def get(self, request: Request, org: str, name: str, version: str) -> HttpResponseBase:
        """All files of a version as one zip, the same bytes every time. Who fetches it reviews none of its stories
        afterwards: it holds ratings."""
        self.asked()
        self.noted_look()
        return files.release_zip(request._request, org, name, version)
