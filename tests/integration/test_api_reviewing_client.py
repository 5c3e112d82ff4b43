"""A reviewing client of somebody else's, as the docs show it: every line of it, against the application itself."""

import re
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from annotations.models import Decision, Review
from curation.accounts.models import Role
from curation.triage.actions import fill_due
from tests.api import Caller
from tests.builders import checked_stories, default_rubric, disputed_story, person

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api" / "reviews.md"


def answer(request: httpx.Request) -> httpx.Response:
    """Have the application answer, in this process and its transaction."""
    said = Client(raise_request_exception=False).generic(
        request.method,
        request.url.raw_path.decode(),
        request.content,
        content_type=request.headers.get("Content-Type", ""),
        headers={name: value for name, value in request.headers.items() if name != "content-length"},
    )
    return httpx.Response(said.status_code, headers=dict(said.headers), content=said.content)


@pytest.mark.django_db
def test_the_client_of_the_docs_reviews_from_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = person(Role.ADMIN, publish=None)
    default_rubric()
    stories, torn = checked_stories(2), disputed_story()
    monkeypatch.setenv("BASE", "http://testserver")
    monkeypatch.setenv("TOKEN", Caller(admin).secret)
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(answer)))
    # A worker puts the stories in while the client waits.
    monkeypatch.setattr(time, "sleep", lambda _seconds: fill_due())
    said: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        exec(compile(block, str(DOCS), "exec"), said)  # noqa: S102 - our own docs
    assert set(Review.objects.filter(reviewer=admin).values_list("story", flat=True)) == {one.pk for one in stories}
    assert {review.spans.get().quote for review in Review.objects.filter(reviewer=admin)} == {"The"}
    assert Decision.objects.get(story=torn, decided_by=admin).outcome == "accept"
