"""Whoever has yet to judge a story blind learns by no answer of the API what others or models said of it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from difflib import ndiff
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, claim, submit
from annotations.models import Assignment, Decision, Queue, Review
from annotations.models.decision import Outcome
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import SCOPES_OF, Role, User
from curation.accounts.tokens import create_token
from curation.api.urls import v1
from curation.api.views.docs import described
from curation.scoring.actions import ensure_embedded_judge, work
from curation.scoring.models import Score
from curation.stories.models import Story
from tests.builders import CONDUCT, answers, checked_stories, default_rubric, passage_of, person, queue_of, review_by
from tests.integration.test_api_who_may import World

# Counts that are sums over many stories, and when somebody or a token was seen last: by name, in any answer.
SUMS = {"reviews_in", "reading", "stories_done", "done", "last_used_at", "last_seen"}
# Who looks where: each of them has more to see at some addresses than the others have.
WHERE = {
    "an annotator who reads": ("assignments", "reviews", "queues"),
    "an admin who reads": ("",),
    "a curator who may claim": ("stories", "decisions", "adjudications"),
}
# What a filter that takes a text is tried with, by the filter's name.
WORDS = {"flag": ["backfire"], "raised": ["backfire"], "words": ["tug"], "q": ["tug"], "by": ["policy", "curator"]}


def plain(value: Any) -> Any:
    """Return JSON without what is a sum or a moment."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in SUMS}
    return [plain(part) for part in value] if isinstance(value, list) else value


def get(client: Client, address: str, secret: str, sent: dict[str, Any] | None = None) -> str:
    """Get an address, or ask it by a POST of `sent`, and leave everything as it was."""
    headers = {"Authorization": f"Bearer {secret}"}
    with transaction.atomic():
        answer = (
            client.get(address, headers=headers)
            if sent is None
            else client.post(address, sent, content_type="application/json", headers=headers)
        )
        body = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    is_json = "json" in answer.get("Content-Type", "")
    said = json.dumps(plain(json.loads(body)), indent=1, sort_keys=True) if is_json else f"{len(body)} bytes"
    return f"{answer.status_code}\n{said}"


@cache
def taken() -> dict[str, list[Any]]:
    """Return the parameters of every GET, as the description says, by its address with places for keys."""
    paths = json.loads(described())["paths"]
    return {re.sub(r"{\w+}", "{}", path): of.get("get", {}).get("parameters", []) for path, of in paths.items()}


def filters(path: str, stories: list[Story], queue: Queue) -> Iterator[str]:
    """Yield a query for every value that a filter of this address may have, as the description says."""
    for parameter in taken().get(path, []):
        name, shape = parameter["name"], parameter["schema"]
        if parameter["in"] != "query" or name in {"cursor", "limit"}:
            continue
        values = {"story": [story.pk for story in stories], "queue": [queue.slug]}.get(name) or WORDS.get(name, [])
        values += shape.get("enum", []) + (["true", "false"] if shape.get("type") == "boolean" else [])
        yield from (f"?{name}={value}" for value in values if value is not None)


def walked(world: World, stories: list[Story], queues: list[Queue]) -> list[str]:
    """Return every address that answers to GET, about these stories and their rows and about the world's, filtered."""
    about = {
        "stories": [story.pk for story in stories],
        "decisions": list(Decision.objects.filter(story__in=stories).values_list("pk", flat=True)),
        "reviews": list(Review.objects.filter(story__in=stories).values_list("pk", flat=True)),
        "assignments": list(Assignment.objects.filter(story__in=stories).values_list("pk", flat=True)),
        "queues": [queue.slug for queue in queues],
    }
    about["adjudications"] = about["stories"]
    found = set()
    for pattern in v1:
        if not hasattr(pattern.callback.cls, "get"):  # type: ignore[union-attr]
            continue
        names = list(pattern.pattern.converters)
        keys = world.about.get(str(pattern.name), {})  # type: ignore[union-attr]
        tried = [keys]
        if names:
            first = str(pattern.pattern).split("/")[0]
            tried += [{**keys, names[0]: key} for key in about.get(first, [])]
        addresses = [reverse(f"api:{pattern.name}", kwargs=kwargs) for kwargs in tried]  # type: ignore[union-attr]
        found |= set(addresses)
        path = "/api/v1/" + re.sub(r"<[^>]*>", "{}", str(pattern.pattern))
        for query in filters(path, stories, queues[0]):
            found |= {address + query for address in addresses}
    return sorted(found)


def commit(reviewer: User, assignment: Assignment, data: dict[str, Any]) -> None:
    """Submit a review of the story of an assignment."""
    submission = parse_submission(data, assignment.rubric)
    submit(reviewer=reviewer, assignment=assignment, submission=submission, idempotency_key=uuid4())


@pytest.mark.long
@pytest.mark.django_db
def test_no_answer_tells_of_a_colleagues_commit_or_flag_or_of_a_score(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One story is still to be decided; the other is decided by the commit, while an audit of it goes on."""
    settings.HOME, settings.API_CALLS_A_MINUTE = tmp_path, 10**9
    # What waits longer for a worker than a moment is told, and this test takes longer than that.
    monkeypatch.setattr("curation.core.leases.waiting.SOON", timedelta(days=1))
    monkeypatch.setattr("curation.overview.under_way.stalled", lambda: False)
    world = World(tmp_path)
    # What the world has is scored before, so that a score more says something of these stories alone.
    ensure_embedded_judge(rubric=default_rubric())
    work()
    one, two = person(), person()
    looking = {
        "an annotator who reads": person(),
        "an admin who reads": person(Role.ADMIN),
        "a curator who may claim": person(Role.CURATOR),
    }
    # Enough of them for no queue to run dry.
    undecided, torn, *rest = checked_stories(7)
    shared = queue_of(one, *looking.values(), stories=[undecided, *rest], overlap=5)
    normal = queue_of(one, two, stories=[torn, *rest])
    audit = queue_of(*looking.values(), overlap=5)
    add_items(actor=SYSTEM, queue=audit, stories=[torn], kind="audit")
    for name, user in looking.items():
        if name.endswith("reads"):
            held = [claim(reviewer=user, queue=queue) for queue in (shared, audit)]
            assert [assignment.story for assignment in held if assignment] == [undecided, torn]
    first, second = claim(reviewer=one, queue=shared), claim(reviewer=one, queue=normal)
    review_by(two, normal)
    assert first is not None
    assert second is not None
    assert (first.story, second.story) == (undecided, torn)
    secrets = {
        name: create_token(actor=user, user=user, name="looks", scopes=SCOPES_OF[user.role])[1]
        for name, user in looking.items()
    }
    client = Client(raise_request_exception=False)

    preview = reverse("api:dataset_preview", kwargs=world.about["dataset_preview"])
    selections: list[dict[str, Any]] = [{}, {"rewrites": True}, {"tiers": ["gold"]}, {"one_per_cluster": True}]

    def look() -> dict[tuple[str, str], str]:
        # What answers a POST with figures.
        asked = {
            (name, f"{preview} {chosen}"): get(client, preview, secret, {"selection": chosen})
            for name, secret in secrets.items()
            for chosen in selections
        }
        return asked | {
            (name, address): get(client, address, secret)
            for name, secret in secrets.items()
            for address in addresses
            if address.startswith(tuple(f"/api/v1/{where}" for where in WHERE[name]))
            # The same rows are left out of a filtered list for both.
            and not ("admin" in name and "?" in address)
        }

    # First as it is afterwards, so that the addresses of the rows that the commit makes are known.
    with transaction.atomic():
        for assignment in (first, second):
            backfire = passage_of(assignment.story.text, "The tug") | CONDUCT
            commit(one, assignment, answers(1, flags={"backfire": backfire}, comment="It deceives."))
        assert Decision.objects.get(story=torn).outcome == Outcome.ADJUDICATE
        work()
        assert set(Score.objects.filter(story__in=[undecided, torn]).values_list("story", flat=True)) == {
            undecided.pk,
            torn.pk,
        }
        addresses = walked(world, [undecided, torn], [shared, normal, audit])
        after = look()
        transaction.set_rollback(True)
    before = look()
    # The Argilla server of this world does not answer.
    known = ("200", "403", "404", "409", "422", "503")
    assert {key: said[:100] for key, said in before.items() if not said.startswith(known)} == {}
    told = {}
    for key, said in before.items():
        if said != after[key]:
            lines = ndiff(said.splitlines(), after[key].splitlines())
            told[key] = [line[:200] for line in lines if line[:1] in "+-"][:8]
    assert told == {}, "\n".join(f"{name}: {address}: {lines}" for (name, address), lines in told.items())
