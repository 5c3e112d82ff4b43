"""How many SQL statements the two requests take that reviewers make all day, session and user included."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import add_member, claim, pass_on, remove_member, resume, take_pass_back
from annotations.actions.people import change_role
from annotations.models import Assignment, Decision, Queue
from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.standards.models import Rubric
from curation.standards.spec import spec_of
from tests.builders import add_story, answers, expired_assignment, person, queue_of, review_by

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
    client, assignment = reading(ben, queue), Assignment.objects.get(reviewer=ben)
    # One more asks for the rewrite.
    with at_most(7 if outcome == "rewrite" else 6):
        address = reverse("review_submit", args=[queue.slug, assignment.pk])
        response = client.post(address, form({**data, "flags": flags}))
    assert response.status_code == 302, response.content.decode()
    assert Decision.objects.get().outcome == outcome


def test_a_submit_that_decides_nothing_takes_4() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    client, assignment = reading(annie, queue), Assignment.objects.get()
    with at_most(4):
        client.post(reverse("review_submit", args=[queue.slug, assignment.pk]), form(answers()))


def test_items_are_locked_before_turns_and_keys_of_people_stay_free() -> None:
    """Whoever locks in another order waits for somebody who waits for them, and one of both meets a fault."""
    annie = person()
    late = expired_assignment(annie, queue_of(annie, stories=[add_story()]))
    queue = queue_of(annie, stories=[add_story() for _ in range(3)])
    passed = claim(reviewer=annie, queue=queue)
    assert passed is not None
    pass_on(reviewer=annie, assignment=passed, reason="Too near to me.")
    reads = claim(reviewer=annie, queue=queue)
    assert reads is not None
    ahead = claim(reviewer=annie, queue=queue, ahead_of=reads.pk)
    assert ahead is not None
    jobs: list[tuple[Callable[[], object], set[int]]] = [
        (lambda: take_pass_back(reviewer=annie, assignment=passed), {passed.item_id, ahead.item_id}),
        (lambda: resume(reviewer=annie, assignment=late), {late.item_id}),
        (lambda: change_role(actor=SYSTEM, user=annie, role="researcher"), set()),
    ]
    for job, items in jobs:
        with CaptureQueriesContext(connection) as seen:
            job()
        said = [query["sql"] for query in seen]
        lock = next(at for at, sql in enumerate(said) if 'FROM "annotations_item"' in sql and "FOR NO KEY" in sql)
        assert lock < next(at for at, sql in enumerate(said) if 'UPDATE "annotations_assignment"' in sql)
        assert items <= set(map(int, re.findall(r"\d+", said[lock])))
        assert not any("FOR UPDATE" in sql and "accounts_user" in sql for sql in said)


def test_a_person_is_let_into_a_queue_and_taken_out_one_after_the_other() -> None:
    annie, queue = person(), queue_of()
    for job in (add_member, remove_member):
        with CaptureQueriesContext(connection) as seen:
            job(actor=SYSTEM, queue=queue, user=annie)
        said = [query["sql"] for query in seen]
        lock = next(at for at, sql in enumerate(said) if "pg_advisory_xact_lock" in sql)
        assert lock < next(at for at, sql in enumerate(said) if '"annotations_membership"' in sql)
