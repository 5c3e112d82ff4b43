"""The API against its own description, with data that fits and data that does not, as every role.

Nothing breaks (5xx), no status comes that is not described, and no answer looks otherwise than described.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from curation.accounts.models import SCOPES_OF
from curation.accounts.tokens import create_token
from curation.api.urls import v1
from tests.integration.test_api_who_may import ROLES, World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# How many calls of each kind to each operation; the campaign in `tests/faults` makes many more.
EXAMPLES = 2
# The operations are shared out, so that tests which run side by side take them together.
SHARES = 4


@pytest.fixture
def within_the_test() -> Iterator[None]:
    """A request of a test leaves the test's own connection open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def fuzz(operation: Any, mode: GenerationMode, secrets: dict[str, str], about: dict[str, Any], examples: int) -> None:
    """Call one operation with what hypothesis makes up, about something that is there and about anything else."""
    fits = mode == GenerationMode.POSITIVE
    cases = operation.as_strategy(mode, path_parameters=about if fits and about else None)

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, role=st.sampled_from(ROLES))
    def call(case: Any, role: str) -> None:
        with transaction.atomic():
            answer = case.call(headers={"Authorization": f"Bearer {secrets[role]}"})
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)

    call()


def part_of(path: str) -> str:
    """Return the part of the API that an address belongs to."""
    return path.removeprefix("/api/v1/").split("/")[0]


def routes() -> dict[str, str]:
    """Map each address, as the description writes it, to the name of its route."""
    found = {}
    for pattern in v1:
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern)).replace("{pk}", "{id}")
        found[f"/api/v1/{address}"] = str(pattern.name)
    return found


PARTS = sorted({part_of(path) for path in routes()})


def fuzz_share(share: int, place: Path, examples: int) -> list[str]:
    """Call the operations of one share, with `examples` calls of each kind; return what was wrong, a line each."""
    world = World(place)
    secrets = {
        role: create_token(actor=user, user=user, name="fuzz", scopes=SCOPES_OF[user.role])[1]
        for role, user in world.people.items()
    }
    named, failed, parts = routes(), [], PARTS[share::SHARES]
    described = schemathesis.openapi.from_wsgi("/api/schema/", WSGIHandler())
    for found in described.get_all_operations():
        operation = found.ok()
        if part_of(operation.path) not in parts:
            continue
        about = {
            "id" if name == "pk" else name: value for name, value in world.about.get(named[operation.path], {}).items()
        }
        for mode in GenerationMode:
            try:
                fuzz(operation, mode, secrets, about, examples)
            except Unsatisfiable:
                continue  # Nothing can be sent to it that does not fit.
            except Exception as error:
                failed.append(f"{operation.label} ({mode.value}): {error!r}")
    return failed


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("share", range(SHARES))
def test_the_api_does_what_its_description_says(
    settings: Any, tmp_path: Path, within_the_test: None, share: int
) -> None:
    settings.HOME, settings.API_CALLS_A_MINUTE, settings.ALLOWED_HOSTS = tmp_path, 10**9, ["*"]
    assert "\n".join(fuzz_share(share, tmp_path, EXAMPLES)) == ""
