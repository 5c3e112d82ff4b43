"""How many SQL statements the two requests take that reviewers make all day, session and user included."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Assignment, Decision, Queue
from curation.accounts.models import User
from curation.standards.models import Rubric
from curation.standards.spec import spec_of
from tests.builders import add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db
# In a test the transaction of a request shows up as a savepoint.
TRANSACTION = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    """Allow so many statements, besides the beginning and end of transactions."""
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"] for query in captured if not query["sql"].startswith(TRANSACTION)]
    assert len(made) <= limit, "\n".join(f"{number}. {sql[:150]}" for number, sql in enumerate(made, start=1))


def form(data: dict[str, Any]) -> dict[str, Any]:
    """The review page's form, as a browser without a script sends it."""
    fields = {f"rating_{key}": value for key, value in data["ratings"].items()}
    return {**fields, "flag": data["flags"], "idempotency_key": uuid4()}


def reading(reviewer: User, queue: Queue) -> Client:
    """Sign a reviewer in and open the story, in a process that has met the queue's frozen rubric before."""
    spec_of(Rubric.objects.get(pk=queue.rubric_id))
    client = Client()
    client.force_login(reviewer)
    assert client.get(reverse("review", args=[queue.slug])).status_code == 200
    return client


def test_the_next_story_takes_5_statements() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story(), add_story()])
    client = reading(annie, queue)
    with at_most(5):
        assert client.get(reverse("review", args=[queue.slug])).status_code == 200
    client.force_login(ben)
    with at_most(5):
        assert client.get(reverse("review", args=[queue.slug])).status_code == 200
    assert Assignment.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "flags", "outcome"),
    [
        ({}, [], "accept"),
        ({"A3": 1}, [], "reject"),
        ({"B1": 1, "D1": 1}, [], "rewrite"),
        ({}, ["eval_analogue"], "adjudicate"),
    ],
)
def test_the_submit_that_decides_a_story_takes_6_statements(
    values: dict[str, int], flags: list[str], outcome: str
) -> None:
    annie, ben, data = person(), person(), answers()
    queue = queue_of(annie, ben, stories=[add_story()])
    data["ratings"] |= values
    review_by(annie, queue, data)
    client, turn = reading(ben, queue), Assignment.objects.get(reviewer=ben)
    # One more asks for the rewrite.
    with at_most(7 if outcome == "rewrite" else 6):
        address = reverse("review_submit", args=[queue.slug, turn.pk])
        response = client.post(address, form({**data, "flags": flags}))
    assert response.status_code == 302, response.content.decode()
    assert Decision.objects.get().outcome == outcome


def test_a_submit_that_decides_nothing_takes_4() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    client, turn = reading(annie, queue), Assignment.objects.get()
    with at_most(4):
        client.post(reverse("review_submit", args=[queue.slug, turn.pk]), form(answers()))
