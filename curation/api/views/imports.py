"""Imports: many stories at once, as a file that is sent or as rows."""

import json
import tempfile
from contextlib import closing
from pathlib import PurePath
from typing import IO, Any, cast

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import answered_once, key_of, once
from curation.api.paging import numbered_page
from curation.api.parsing import JsonLinesParser, PlainJSON, Upload
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.imports import (
    MAP,
    ImportInFullSerializer,
    ImportOptionsSerializer,
    ImportSerializer,
    RowFilterSerializer,
    RowSerializer,
)
from curation.core.errors import InvalidInput
from curation.stories.actions import resume_import, source_named, start_import
from curation.stories.fields import DEFAULTABLE, FIELDS
from curation.stories.files import keep_upload
from curation.stories.permissions import check_can_import
from curation.stories.queries import RowResult, imports_for, load_import, rows_of, steps_of

MOST_ROWS = 1_000
ROWS = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_ROWS,
    "items": {
        "type": "object",
        "description": "A story: `text`, and what else there is to say of it, such as `title` or `principles`.",
        "required": ["text"],
        "properties": {"text": {"type": "string"}},
        "additionalProperties": True,
    },
}


class Imports(Resource):
    """All imports."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True
    parser_classes = [PlainJSON, JsonLinesParser, Upload]

    @extend_schema(operation_id="list_imports", responses=ImportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the imports, the newest first. For curators and admins."""
        self.asked()
        check_can_import(actor=self.person)
        return self.page(imports_for(self.person), lambda rows: ImportSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="start_import",
        parameters=[ImportOptionsSerializer],
        request={
            "application/json": ROWS,
            "application/x-ndjson": OpenApiTypes.BINARY,
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        responses={202: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Import stories: up to 1,000 as a JSON array, any number as JSONL, or a file of any format that is imported.

        The rows are checked one by one, and the worker stores what is new: `Location` leads to how far it is, and from
        there to what became of every row. With an `Idempotency-Key`, sending a batch again imports it once.
        """
        check_can_import(actor=self.person)
        key, options = key_of(request), self.asked(ImportOptionsSerializer)
        is_lines = (request.content_type or "").partition(";")[0].strip() != Upload.media_type
        with closing(file_of(request.data)) as file:
            kept = keep_upload(file)

        @transaction.atomic
        def carry_out() -> Response:
            license, file = options.get("license", ""), PurePath(options["name"]).stem
            run = start_import(
                actor=self.person,
                source=source_named(actor=self.person, name=options["source"], file=file, license=license),
                kept=kept,
                file_name=options["name"],
                mapping={name: options[MAP + name] for name in FIELDS if MAP + name in options},
                defaults={name: options[name] for name in DEFAULTABLE if name in options},
                encoding=options["encoding"],
                complete=True,
                must_be="jsonl" if is_lines else "",
            )
            return with_location(ImportSerializer(run).data, reverse("api:import", args=[run.pk]), status=202)

        return answered_once(request, key, carry_out, content=kept.sha256) if key else carry_out()

    post.takes_key = True  # type: ignore[attr-defined]  # the schema documents the header by it


class OneImport(Resource):
    """An import."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_import", responses=ImportInFullSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How far an import is, and how far its stories have come since. Ask again until `finished_at` is there."""
        self.asked()
        run = load_import(self.person, pk)
        vars(run).update(steps=steps_of(run))
        return Response(ImportInFullSerializer(run).data)


class ImportRows(Resource):
    """The rows of an import."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(
        operation_id="list_import_rows", parameters=[RowFilterSerializer], responses=RowSerializer(many=True)
    )
    def get(self, request: Request, pk: int) -> Response:
        """List what became of every row, in the order of the file: a new story, one that was there, or rejected."""
        result = self.asked(RowFilterSerializer).get("result", "")
        run = load_import(self.person, pk)

        def found(place: int, most: int, backwards: bool) -> list[RowResult]:
            return rows_of(run, place, most, backwards=backwards, result=result)

        rows, following, before = numbered_page(request, found, lambda one: one.row)
        return Response({"results": RowSerializer(rows, many=True).data, "next": following, "previous": before})


class ImportResume(Resource):
    """An import that failed."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneImport)

    @extend_schema(operation_id="resume_import", request=None, responses={202: ImportSerializer})
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let a failed import go on after the last row that is stored."""
        self.asked()
        run = load_import(self.person, pk)
        resume_import(actor=self.person, run=run)
        return Response(ImportSerializer(load_import(self.person, pk)).data, status=202)


def file_of(sent: Any) -> IO[bytes]:
    """Return what was sent as a file: rows as JSONL, an upload as it is. Raises `InvalidInput` where it is neither."""
    if hasattr(sent, "read"):
        return cast(IO[bytes], sent)
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_ROWS:
        raise InvalidInput(
            _("Send an array of 1 to %(most)s objects, or JSONL as application/x-ndjson.") % {"most": MOST_ROWS}
        )
    file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - whoever asked closes it
    file.writelines(json.dumps(row).encode() + b"\n" for row in sent)
    return file
