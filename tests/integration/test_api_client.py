"""A client made from the committed description, by a generator that many use, talks to the real API."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from curation.accounts.models import Role, Scope
from curation.accounts.tokens import create_token
from curation.api.management.commands.api_schema import generated
from curation.api.views.docs import SCHEMA
from tests.builders import person

CONFIG = "project_name_override: made_client\npackage_name_override: made_client\npost_hooks: []\n"
# The generator knows no kind of file by itself.
FILES = ("application/zip", "application/x-ndjson")
CONFIG += "content_type_overrides: {" + ", ".join(f"{kind}: application/octet-stream" for kind in FILES) + "}\n"


def test_the_committed_description_is_what_the_code_says() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == generated(), "Run: manage.py api_schema"


def test_every_operation_says_what_it_does() -> None:
    described = json.loads(SCHEMA.read_text(encoding="utf-8"))
    operations = [call for path in described["paths"].values() for call in path.values()]
    assert [call["operationId"] for call in operations if len(call.get("description", "").split()) < 4] == []
    names = [call["operationId"] for call in operations]
    assert len(set(names)) == len(names)


@pytest.mark.django_db(transaction=True)
def test_a_client_that_is_made_from_the_description_works(
    live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(SCHEMA), "--meta", "none",
         "--config", str(tmp_path / "config.yaml"), "--output-path", str(tmp_path / "made_client"),
         "--fail-on-warning"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    curator = person(Role.CURATOR)
    token, secret = create_token(actor=curator, user=curator, name="made", scopes=[Scope.READ])
    client: Any = import_module("made_client").AuthenticatedClient(base_url=live_server.url, token=secret)
    with client:
        use(client, curator.username, token.pk)


def use(client: Any, name: str, token: int) -> None:
    """Make three calls, and one that is refused."""
    me = import_module("made_client.api.me.me").sync(client=client)
    assert (me.username, [str(scope) for scope in me.scopes]) == (name, ["read"])
    page = import_module("made_client.api.tokens.list_tokens").sync(client=client)
    assert [(one.id, one.name) for one in page.results] == [(token, "made")]
    gone = import_module("made_client.api.tokens.revoke_token").sync_detailed(token, client=client)
    assert int(gone.status_code) == 204
    refused = import_module("made_client.api.me.me").sync(client=client)
    assert (refused.code, refused.status) == ("token_refused", 401)
