"""Putting stories into a queue: asked for in a moment, done by a worker, whatever happens to it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import close_queue
from annotations.models import Item, Queue
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput
from curation.core.leases import Lease
from curation.stories.actions import advance
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from curation.triage.actions import dismiss_fill, fill_due, fill_queue, filling, make_queue, retry_fill
from curation.triage.models import Fill, FillState
from curation.triage.queries import StorySelection, matching
from tests.builders import add_story, checked_stories, person, queue_of, run_out, selection_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    return person(Role.CURATOR)


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def there(queue: Queue) -> list[int]:
    return list(Item.objects.filter(queue=queue).order_by("id").values_list("story", flat=True))


def test_asking_costs_the_same_however_many_stories_there_are(curator: User) -> None:
    queue, used, client = queue_of(), [], at(curator)
    for more in (2, 40):
        checked_stories(more)
        with CaptureQueriesContext(connection) as asked:
            data = {"state": "ready", "order": "import", "limit": 1000}
            assert client.post(reverse("queue_add", args=[queue.slug]), data).status_code == 302
        used.append(len(asked))
        assert Fill.objects.last().total == more
        fill_due()
    assert used[0] == used[1]
    assert len(there(queue)) == 42
    assert Entry.objects.filter(verb="queue.items_added", data__count=40, actor=curator).count() == 1
    assert set(Stage.objects.values_list("state", flat=True)) == {"queued"}


@pytest.mark.parametrize("order", ["import", "random", "high"])
def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(
    curator: User, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "SLICE", 10)
    queue, selection = queue_of(), selection_of(order=order, limit=25)
    checked_stories(40)
    asked = fill_queue(actor=curator, queue=queue, selection=selection)
    real, calls = filling.add_items, 0

    def die(**given: object) -> int:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise SystemExit
        return real(**given)

    with monkeypatch.context() as patched:
        patched.setattr(filling, "add_items", die)
        patched.setattr(Lease, "give_back", lambda _: None)
        with pytest.raises(SystemExit):
            fill_due()
    assert len(there(queue)) == 20
    assert fill_due() == 0, "it is held still"
    held = Fill.objects.get(pk=asked.pk)
    assert held.added == 20
    page = at(curator).get(reverse("queue_fills", args=[queue.slug])).content.decode()
    assert "20 of 25 stories are in the queue" in page
    run_out(Lease(Fill, [held.pk], held.token))
    assert fill_due() == 1
    assert len(there(queue)) == 25
    if order == "import":
        assert there(queue) == list(Story.objects.order_by("pk").values_list("pk", flat=True)[:25])
    assert Fill.objects.get().state == FillState.DONE


def test_a_long_one_gives_way_and_goes_on(curator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SLICE", 2)
    queue = queue_of()
    checked_stories(5)
    fill_queue(actor=curator, queue=queue, selection=selection_of())
    assert fill_due(seconds=0) == 4, "three slices, and a last look"
    assert len(there(queue)) == 5


def test_a_second_click_asks_for_nothing_new(curator: User) -> None:
    checked_stories(2)
    queue = queue_of()
    first = fill_queue(actor=curator, queue=queue, selection=selection_of())
    assert fill_queue(actor=curator, queue=queue, selection=selection_of()) == first
    assert fill_queue(actor=curator, queue=queue, selection=selection_of(limit=1)) != first
    fields = {"name": "Tugs", "slug": "tugs", "rubric": queue.rubric, "policy": queue.policy}
    made = make_queue(actor=curator, selection=selection_of(), members=[], **fields)
    assert make_queue(actor=curator, selection=selection_of(), members=[], **{**fields, "slug": "tugs-2"}) == made
    with pytest.raises(Conflict, match="There is a queue called"):
        make_queue(actor=person(Role.CURATOR), selection=selection_of(), members=[], **{**fields, "slug": "tugs-2"})


def test_what_went_wrong_is_said_and_can_go_on_or_be_left(curator: User) -> None:
    queue, client = queue_of(), at(curator)
    checked_stories(1)
    close_queue(actor=curator, queue=queue)
    with pytest.raises(Conflict, match="closed"):
        fill_queue(actor=curator, queue=queue, selection=selection_of())
    queue = queue_of()
    fill = fill_queue(actor=curator, queue=queue, selection=selection_of())
    close_queue(actor=curator, queue=queue)
    fill_due()
    page = client.get(reverse("queue_detail", args=[queue.slug])).content.decode()
    assert "Adding stories stopped" in page
    assert "This queue is closed" in page
    at_fill = reverse("queue_fill", args=[queue.slug, fill.pk])
    assert client.post(at_fill, {"move": "leap"}).status_code == 422
    assert client.post(at_fill, {"move": "retry"}).status_code == 302
    with pytest.raises(Conflict):
        retry_fill(actor=curator, fill=fill)
    with pytest.raises(Conflict):
        dismiss_fill(actor=curator, fill=fill)
    fill_due()
    assert client.post(at_fill, {"move": "dismiss"}).status_code == 302
    answer = client.get(reverse("queue_fills", args=[queue.slug]))
    assert answer.headers["HX-Refresh"] == "true"
    assert client.post(at_fill, {"move": "dismiss"}).status_code == 404


def test_it_is_said_when_no_worker_takes_it_up(curator: User) -> None:
    queue = queue_of()
    checked_stories(1)
    fill_queue(actor=curator, queue=queue, selection=selection_of())
    detail = reverse("queue_detail", args=[queue.slug])
    assert "Waiting for a worker" in at(curator).get(detail).content.decode()
    Fill.objects.update(next_at="2020-01-01T00:00Z")
    assert "No worker has taken it up yet" in at(curator).get(detail).content.decode()
    reader = person()
    assert "Waiting for a worker" not in at(reader).get(reverse("queue_list")).content.decode()


def test_nothing_that_fits_is_said_in_the_request(curator: User) -> None:
    with pytest.raises(InvalidInput, match="No story fits"):
        fill_queue(actor=curator, queue=queue_of(), selection=selection_of())
    story = add_story()
    selection = selection_of(
        stories=(story.pk,), source=story.source.name, principle="honesty", theme="equanimity", order="low"
    )
    assert StorySelection.from_data(selection.as_data(), limit=100) == selection
    advance(stories=[story.pk], to=State.CHECKED)
    assert not matching(selection)
