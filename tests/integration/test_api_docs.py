"""The docs of the API do what they say: every line in them is run against the application, file by file."""

import os
import re
import shlex
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from annotations.models import Decision, Review
from curation.accounts.models import Role, Scope, User
from curation.accounts.tokens import create_token
from curation.ratings_import.actions import carry_out_due
from curation.releases.actions import build_due
from curation.stories.actions.importing import claim, run_import
from curation.stories.models import Story
from curation.triage.actions import fill_due
from tests.builders import accepted_stories, checked_stories, disputed_story, person

DOCS = sorted((Path(__file__).resolve().parents[2] / "docs/reference/api").glob("*.md"))
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINE_GOES_ON = re.compile(r"\\\n\s*")
SITE = "http://testserver"


def application(request: httpx.Request) -> httpx.Response:
    """Answer, in this process and its transaction."""
    said = Client(raise_request_exception=False).generic(
        request.method,
        request.url.raw_path.decode(),
        request.read(),
        content_type=request.headers.get("Content-Type", ""),
        headers={name: value for name, value in request.headers.items() if name != "content-length"},
    )
    return httpx.Response(said.status_code, headers=dict(said.headers), content=said.getvalue())


def a_worker(_seconds: float) -> None:
    """Do what waits: it is what a client waits for."""
    while run := claim():
        run_import(run=run)
    carry_out_due()
    fill_due()
    build_due()


def as_call(line: str) -> dict[str, Any]:
    """Return a line of curl as the request that it sends; anything that is not understood here fails."""
    command, *words = shlex.split(os.path.expandvars(line))
    assert command == "curl", line
    call: dict[str, Any] = {"method": "", "headers": {}}
    left = iter(words)
    for word in left:
        if word in {"-s", "-f", "-N"}:
            continue
        if word == "-X":
            call["method"] = next(left)
        elif word == "-H":
            name, _, value = next(left).partition(":")
            call["headers"][name] = value.strip()
        elif word in {"-d", "--data-binary"}:
            sent = next(left)
            call["content"] = Path(sent[1:]).read_bytes() if sent.startswith("@") else sent.encode()
        elif word == "-o":
            next(left)
        else:
            assert word.startswith(SITE), f"{word} in {line}"
            call["url"] = word
    call["method"] = call["method"] or ("POST" if "content" in call else "GET")
    return call


def run(language: str, block: str, names: dict[str, Any]) -> None:
    """Run one block; a call that curl makes has to go well."""
    if language == "python":
        exec(compile(block, "docs", "exec"), names)  # noqa: S102 - our own docs
        return
    for line in filter(None, map(str.strip, LINE_GOES_ON.sub(" ", block).splitlines())):
        with httpx.Client() as client:
            answer = client.request(**as_call(line))
        assert answer.is_success, f"{line}\n{answer.status_code} {answer.text}"


def reviewed(admin: User, ready: list[Story]) -> None:
    """What the page about reviewing leaves behind."""
    mine = Review.objects.filter(reviewer=admin)
    assert set(mine.values_list("story", flat=True)) <= {story.pk for story in ready}
    assert mine.count() == 2
    assert Decision.objects.filter(decided_by=admin, outcome="accept").exists()


LEFT_BEHIND: dict[str, Callable[[User, list[Story]], None]] = {"reviews": reviewed}


@pytest.mark.django_db
@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.stem)
def test_what_the_docs_say_works(file: Path, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path
    admin, annie = person(Role.ADMIN, publish=None), person(username="annie")
    accepted_stories(2, annie, person())
    ready = checked_stories(22)
    disputed_story()
    token, secret = create_token(actor=admin, user=admin, name="docs", scopes=Scope.values)
    for name, value in {"BASE": SITE, "TOKEN": secret, "TOKEN_ID": str(token.pk)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(application)))
    monkeypatch.setattr(time, "sleep", a_worker)
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(file.read_text(encoding="utf-8"))
    assert {language for language, _block in blocks} == {"bash", "python"}
    names: dict[str, Any] = {"__name__": "docs"}
    for language, block in blocks:
        run(language, block, names)
    if check := LEFT_BEHIND.get(file.stem):
        check(admin, ready)
