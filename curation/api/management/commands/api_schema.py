"""`manage.py api_schema`: write the OpenAPI document of the API, or check that it is as the code says."""

import json
from argparse import ArgumentParser
from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from curation.api.views.docs import SCHEMA
from curation.core.commands import ExemplaCommand
from curation.core.errors import InvalidInput


def generated() -> str:
    """Return the document. Raises `InvalidInput` where a view is not described well enough."""
    GENERATOR_STATS.reset()
    described = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    if said := [text for kept in (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache) for text in kept]:
        raise InvalidInput("These views are not described well enough:\n" + "\n".join(said))
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


class Command(ExemplaCommand):
    """Write or check the OpenAPI document."""

    help = "Write curation/api/openapi.json from the code; with --check, fail if it would change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the command's options."""
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="change nothing; fail if the file is not up to date")

    def run(self, options: dict[str, Any]) -> None:
        """Generate, see that it is OpenAPI, which takes ten seconds, and write or compare."""
        now = generated()
        validate_schema(json.loads(now))  # type: ignore[no-untyped-call]
        if not options["check"]:
            SCHEMA.write_text(now)
        elif SCHEMA.read_text() != now:
            raise InvalidInput("curation/api/openapi.json is not what the code says. Run: manage.py api_schema")
