"""How the API is described: OpenAPI by drf-spectacular, with what all calls have in common added once."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from curation.api.idempotency import HEADER, LONGEST_KEY
from curation.api.paging import Pages

PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457). Programs go by `code`, people by `detail`; some carry more.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong, and what to do."},
        "code": {"type": "string", "description": "What kind of error it is; this never changes."},
        "errors": {"type": "object", "description": "What is wrong, by field.", "additionalProperties": True},
        "missing": {"type": "array", "items": {"type": "string"}, "description": "What has to be given as well."},
        "current": {"type": "object", "description": "The newest state of what changed.", "additionalProperties": True},
    },
    "additionalProperties": True,
}
SAID = {
    "400": "The request cannot be read.",
    "401": "Nobody is signed in, or the token lets nobody in.",
    "403": "The token lacks the scope, or the person's role does not include this.",
    "404": "There is no such thing, or it is not this person's to see.",
    "406": "The caller takes no JSON.",
    "409": "The state moved on; `current` is the newest, where there is one.",
    "410": "The file was destroyed, with a story that it had; a later version has the others.",
    "412": "`If-Match` names a state that is no longer the newest; `current` is.",
    "413": "What was sent is too large.",
    "415": "What was sent is of a kind that is not taken here.",
    "422": "Something sent cannot be used; `errors` says what, by field.",
    "429": "Too many calls in this minute; `Retry-After` says when to go on.",
    "503": "Something that this needs is away; `Retry-After` says when to try again.",
}
SENDS_FILES = {"get_file", "get_zip"}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tokens."""

    target_class = "curation.api.signing_in.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return how a token is sent."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "exempla_…",
            "description": "A token of yours. It needs the scope that the operation names, and does what you may do.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session."""

    target_class = "curation.api.signing_in.Session"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return how a session is sent."""
        said = "The session of the browser; what changes something needs the header X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": said}


class Described(AutoSchema):
    """Adds to a view's own description the scope it asks for, and the headers that its methods take."""

    def get_description(self) -> str:  # type: ignore[override]
        """Return the docstring of the method, and the scope."""
        said = super().get_description() or ""
        scope = getattr(self.view, "scopes", {}).get(self.method)
        return f"{said}\n\nScope: `{scope}`." if scope else str(said)

    def get_override_parameters(self) -> list[Any]:
        """Return the headers for conditions and keys, where the method takes them."""
        handler = getattr(self.view, self.method.lower(), None)
        found: list[Any] = []
        if getattr(handler, "takes_key", False):
            found.append(header(HEADER, f"1 to {LONGEST_KEY} characters; the same again is carried out once only."))
        if self.method == "GET" and (getattr(self.view, "has_etag", False) or getattr(self.view, "in_bytes", False)):
            found.append(header("If-None-Match", "304 if it is the ETag."))
        if self.method in getattr(self.view, "conditional", ()):
            found.append(header("If-Match", "412 if it is not the ETag."))
        return found

    def _get_paginator(self) -> Any:
        return Pages() if getattr(self.view, "paged", False) and self.method == "GET" else None


def header(name: str, said: str) -> OpenApiParameter:
    """Return a header that may be sent."""
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=False, description=said)


def with_problems(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Postprocessing hook: say of every operation which problems it can answer with."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            parameters = operation.get("parameters", [])
            # A parameter that no call knows is refused, at an address without any too.
            found = {"400", "401", "403", "406", "422", "429", "503"}
            if "{" in path or method != "get" or parameters:
                found |= {"404"}
            if "requestBody" in operation:
                found |= {"400", "413", "415", "422"}
            if method != "get":
                found |= {"400", "409", "413", "415", "422"}
            if operation["operationId"] in SENDS_FILES:
                found |= {"410"}
            if any(one["name"] == "If-Match" for one in parameters):
                found |= {"412"}
            if any(one["name"] == "If-None-Match" for one in parameters):
                operation["responses"]["304"] = {"description": "It is what the caller has."}
            for status in sorted(found):
                operation["responses"].setdefault(status, problem(SAID[status]))
    return result


def problem(said: str) -> dict[str, Any]:
    """Return the description of an answer that is a problem document."""
    return {
        "description": said,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
