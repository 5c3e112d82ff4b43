"""The docs of the API do what they say: every line in them is run, each file against a site of its own."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from curation.accounts.models import Role, Scope
from curation.accounts.tokens import create_token
from tests.builders import person
from tests.workers import Worker, worker

DOCS = sorted((Path(__file__).resolve().parents[2] / "docs/reference/api").glob("*.md"))
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINE_GOES_ON = re.compile(r"\\\n\s*")


def as_call(line: str) -> dict[str, Any]:
    """Return a line of curl as the request that it sends; anything that is not understood here fails."""
    command, *words = shlex.split(os.path.expandvars(line))
    assert command == "curl", line
    call: dict[str, Any] = {"method": "", "headers": {}}
    left = iter(words)
    for word in left:
        if word in {"-s", "-f", "-sf", "-N"}:
            continue
        if word == "-X":
            call["method"] = next(left)
        elif word == "-H":
            name, _, value = next(left).partition(":")
            call["headers"][name] = value.strip()
        elif word in {"-d", "--data", "--data-binary"}:
            sent = next(left)
            call["content"] = Path(sent[1:]).read_bytes() if sent.startswith("@") else sent.encode()
        elif word == "-o":
            next(left)
        else:
            assert word.startswith("http"), f"{word} in {line}"
            call["url"] = word
    call["method"] = call["method"] or ("POST" if "content" in call else "GET")
    return call


def run(language: str, block: str, names: dict[str, Any]) -> None:
    """Run one block; a call that curl makes has to go well."""
    if language == "python":
        exec(compile(block, "docs", "exec"), names)  # noqa: S102 - our own docs
        return
    for line in filter(None, map(str.strip, LINE_GOES_ON.sub(" ", block).splitlines())):
        answer = httpx.request(**as_call(line), timeout=60)
        assert answer.is_success, f"{line}\n{answer.status_code} {answer.text}"


@pytest.fixture
def site(live_server: LiveServer, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A site with its worker, an admin's token with every scope, and a folder to work in."""
    settings.API_CALLS_A_MINUTE = 10**9
    admin = person(Role.ADMIN)
    token, secret = create_token(actor=admin, user=admin, name="docs", scopes=Scope.values)
    monkeypatch.setenv("BASE", live_server.url)
    monkeypatch.setenv("TOKEN", secret)
    monkeypatch.setenv("TOKEN_ID", str(token.pk))
    monkeypatch.chdir(tmp_path)
    with worker(tmp_path) as running:
        yield running


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.stem)
def test_what_the_docs_say_works(file: Path, site: Worker) -> None:
    blocks = BLOCK.findall(file.read_text(encoding="utf-8"))
    assert blocks
    names: dict[str, Any] = {"__name__": "docs"}
    try:
        for language, block in blocks:
            run(language, block, names)
    finally:
        for value in names.values():
            if isinstance(value, httpx.Client):
                value.close()
