"""Datasets with ratings from another tool: a look at the file, the import, and what was not kept."""

from contextlib import closing
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import recuse_from
from annotations.models import Saw
from annotations.permissions import refuse_while_blind
from annotations.queries.blindness import involvement_of
from curation.accounts.models import Scope, User
from curation.api.idempotency import once
from curation.api.parsing import JsonLinesParser, Upload
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.ratings import (
    ImportedReviewSerializer,
    NewRatingsImportSerializer,
    NotKeptSerializer,
    RatingsImportSerializer,
    RatingsLookSerializer,
    UploadNameSerializer,
)
from curation.api.views.imports import file_of
from curation.api.views.story import numbered
from curation.core.errors import InvalidInput
from curation.ratings_import.actions import resume_ratings_import, start_ratings_import
from curation.ratings_import.forms import ChosenMapping
from curation.ratings_import.looking import look
from curation.ratings_import.permissions import check_can_import_ratings
from curation.ratings_import.plan import RatingsImportPlan, plan_of
from curation.ratings_import.queries import (
    imported_reviews,
    load_ratings_import,
    not_kept_of,
    ratings_imports_for,
    rubric_offered,
)
from curation.ratings_import.uploads import upload_token, uploaded
from curation.stories.actions import source_named
from curation.stories.files import keep_upload, on_disk
from curation.stories.queries import load_story


class RatingsUploads(Resource):
    """Files that may be imported."""

    scopes = {"POST": Scope.CURATE}
    parser_classes = [JsonLinesParser, Upload]

    @extend_schema(
        operation_id="look_at_ratings",
        parameters=[UploadNameSerializer],
        request={
            "application/octet-stream": OpenApiTypes.BINARY,
            "application/x-ndjson": OpenApiTypes.BINARY,
        },
        responses=RatingsLookSerializer,
    )
    def post(self, request: Request) -> Response:
        """Send a dataset with ratings, and be told what it holds and what would become of it. Nothing is imported."""
        check_can_import_ratings(actor=self.person)
        name = self.asked(UploadNameSerializer)["name"]
        with closing(file_of(request.data)) as file:
            kept = keep_upload(file)
        return Response(looked_at(kept.sha256, name, upload_token(self.person, kept, name)))


class RatingsImports(Resource):
    """All imports of datasets with ratings."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_ratings_imports", responses=RatingsImportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the imports of datasets with ratings, the newest first. For curators and admins."""
        self.asked()
        check_can_import_ratings(actor=self.person)
        return self.page(ratings_imports_for(self.person), lambda rows: RatingsImportSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="start_ratings_import",
        request=NewRatingsImportSerializer,
        responses={202: RatingsImportSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Import a dataset that was sent before: its stories, its reviews and its scores, by workers.

        Reviews decide nothing. Those that are said to be blind count for agreement and for judges.
        """
        check_can_import_ratings(actor=self.person)
        sent = self.sent(NewRatingsImportSerializer)
        kept, name = uploaded(self.person, sent["upload"])
        rubric = None if sent["rubric_id"] is None else rubric_offered(sent["rubric_id"])
        with on_disk(kept.sha256) as path:
            found = look(path, name)
        plan = ChosenMapping(found, sent["name"], None, rubric=rubric).plan
        if "plan" in sent:
            plan = plan_of(sent["plan"])
        source = source_named(
            actor=self.person, name=sent["source"] or sent["name"], file=name, license=sent["license"]
        )
        ratings = start_ratings_import(
            actor=self.person,
            source=source,
            kept=kept,
            file_name=name,
            name=sent["name"],
            look=found,
            rubric=rubric,
            plan=RatingsImportPlan(plan.columns, plan.targets, _people(sent["people"])),
            defaults={"license": sent["license"]},
            blind=sent["blind"],
        )
        address = reverse("api:ratings_import", args=[ratings.pk])
        return with_location(RatingsImportSerializer(ratings).data, address, status=202)


class OneRatingsImport(Resource):
    """An import of a dataset with ratings."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_ratings_import", responses=RatingsImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How far an import is. Ask again until its `state` is `done` or `failed`."""
        self.asked()
        return Response(RatingsImportSerializer(load_ratings_import(self.person, pk)).data)


class RatingsNotKept(Resource):
    """What an import has not kept."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_ratings_not_kept", responses=NotKeptSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List what of a dataset has no place here, and why; the end of the file first."""
        self.asked()
        rows = not_kept_of(load_ratings_import(self.person, pk))
        return self.page(rows, lambda found: NotKeptSerializer(found, many=True).data)


class RatingsImportResume(Resource):
    """An import of a dataset with ratings that failed."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneRatingsImport)

    @extend_schema(operation_id="resume_ratings_import", request=None, responses={202: RatingsImportSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let a failed import go on after the last row that is stored."""
        self.asked()
        resume_ratings_import(actor=self.person, ratings=load_ratings_import(self.person, pk))
        return Response(RatingsImportSerializer(load_ratings_import(self.person, pk)).data, status=202)


class ImportedReviews(Resource):
    """The imported reviews of a story."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_imported_reviews", responses=ImportedReviewSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """What people said of a story in another tool.

        Whoever sees it is not given the story to review any more; refused while you may still be asked to.
        """
        self.asked()
        check_can_import_ratings(actor=self.person)
        story = load_story(self.person, pk)
        refuse_while_blind(own=involvement_of(self.person, story.pk))
        found = numbered(list(imported_reviews(story.pk)))
        if found:
            self.noted_look()
            recuse_from(user=self.person, stories=[story.pk], saw=Saw.REVIEWS)
        return Response([ImportedReviewSerializer(one).data for one in found])


def looked_at(sha256: str, name: str, upload: str) -> Any:
    """Return the representation of what a kept file holds, for which `upload` stands."""
    with on_disk(sha256) as path:
        found = look(path, name)
    told = {
        "upload": upload,
        "shape": found.layout.shape.value,
        "rows": found.rows,
        "whole": found.whole,
        "questions": found.questions,
        "people": dict(found.people),
        "names": {key: found.names[key] for key in found.people if key in found.names},
        "agents": dict(found.agents),
        "plan": ChosenMapping(found, name, None).plan.as_json(),
    }
    return RatingsLookSerializer(told).data


def _people(named: dict[str, Any]) -> dict[str, int]:
    """Return who is meant by user names; `InvalidInput` for a name that nobody has."""
    known = dict(User.objects.filter(username__in=named.values()).values_list("username", "pk"))
    if unknown := sorted(set(named.values()) - known.keys()):
        raise InvalidInput(_("Nobody signs in as %(name)s.") % {"name": unknown[0]})
    return {key: known[name] for key, name in named.items()}
