"""The story after the one being read is leased ahead, two at most, and every rule of claiming holds for it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, expire, pass_on, recuse, save_draft
from annotations.models import Assignment, Item, Queue, Review
from curation.accounts.models import User
from curation.stories.models import Tag
from tests.builders import add_story, answers, person, queue_of, review_by, scored_stories
from tests.integration.test_annotations_statements import at_most, form, reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def annie() -> User:
    return person()


@pytest.fixture
def queue(annie: User) -> Queue:
    return queue_of(annie, person(), stories=[add_story() for _ in range(3)], overlap=1)


def held(reviewer: User) -> list[int]:
    assignments = Assignment.objects.filter(reviewer=reviewer, state="active")
    return list(assignments.order_by("claimed_at").values_list("pk", flat=True))


def take(reviewer: User, queue: Queue, ahead_of: int = 0) -> Assignment:
    assignment = claim(reviewer=reviewer, queue=queue, ahead_of=ahead_of)
    assert assignment is not None
    return assignment


def test_two_stories_at_most_are_held_however_often_one_asks(annie: User, queue: Queue) -> None:
    first = take(annie, queue)
    second = take(annie, queue, first.pk)
    assert first.story_id != second.story_id
    assert second.lease_until > second.claimed_at
    assert take(annie, queue, first.pk) == second
    assert take(annie, queue, second.pk) == first
    assert take(annie, queue, 0) == take(annie, queue) == first
    assert held(annie) == [first.pk, second.pk]
    assert sum(Item.objects.values_list("seats_left", flat=True)) == 1


def test_the_more_urgent_story_comes_first_however_the_database_finds_it(annie: User, queue: Queue) -> None:
    rising = list(Item.objects.filter(queue=queue).order_by("id"))
    for priority, item in enumerate(rising):
        Item.objects.filter(pk=item.pk).update(priority=priority)
    with connection.cursor() as cursor:
        # As it may where the table is small: by reading it through, in the order in which it was written.
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; DISCARD PLANS")
    given = []
    while assignment := claim(reviewer=annie, queue=queue):
        given.append(assignment.item_id)
        pass_on(reviewer=annie, assignment=assignment, reason="not for me")
    assert given == [item.pk for item in reversed(rising)]


def test_what_is_held_comes_in_the_order_of_claiming(annie: User, queue: Queue) -> None:
    first = take(annie, queue)
    second = take(annie, queue, first.pk)
    Assignment.objects.filter(pk=first.pk).update(lease_until=Now() - timedelta(minutes=1))
    expire()
    assert take(annie, queue) == second
    assert take(annie, queue, second.pk) == first
    assert take(annie, queue) == second


def test_a_story_leased_ahead_can_be_passed_on_expire_and_be_recused(annie: User, queue: Queue) -> None:
    first = take(annie, queue)
    second = take(annie, queue, first.pk)
    pass_on(reviewer=annie, assignment=second, reason="not for me")
    third = take(annie, queue, first.pk)
    assert third.story_id not in {first.story_id, second.story_id}
    recuse(user=annie, story=third.story)
    assert held(annie) == [first.pk]
    assert claim(reviewer=annie, queue=queue, ahead_of=first.pk) is None
    assert sorted(Item.objects.values_list("seats_left", flat=True)) == [0, 1, 1]


def test_the_next_story_is_the_part_of_the_room_that_changes(annie: User) -> None:
    stories = scored_stories(2, title="A tug waits", content_notes=["storm"], principles=["restraint"])
    for story in stories:
        Tag.objects.create(story=story, kind="theme", key="equanimity", source="curator")
    queue = queue_of(annie, stories=stories)
    client = reading(annie, queue)
    first = Assignment.objects.get()
    address = reverse("review_next", args=[queue.slug])
    with at_most(5):
        response = client.get(address, {"after": first.pk})
    second = Assignment.objects.exclude(pk=first.pk).get()
    page = response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert second.story.text.split(".")[0] in page
    assert reverse("review_submit", args=[queue.slug, second.pk]) in page
    assert f"{first.story.n_words} words read today" in page
    assert page.count("tags of the imported file") == page.count("tags of a curator") == 1
    assert "Equanimity" in page[page.index("Tagged already:") : page.index("tags of a curator")]
    assert page.count('name="idempotency_key"') == 1
    assert "<html" not in page
    assert "score" not in page.replace("Model scores stay hidden until you submit.", "")
    assert client.get(address, {"after": "nonsense"}).status_code == 200
    assert held(annie) == [first.pk, second.pk]
    review_by(annie, queue, answers(ratings={**answers()["ratings"], "C3": 4}))
    page = client.get(address, {"after": first.pk}).content.decode()
    assert f"{first.story.n_words} words read today" in page, "what is in is counted once"
    assert client.get(address, {"after": second.pk}).status_code == 204


def test_the_next_story_brings_its_draft(annie: User, queue: Queue) -> None:
    first = take(annie, queue)
    save_draft(reviewer=annie, assignment=take(annie, queue, first.pk), data=answers(3, comment="so far"), version=0)
    client = Client()
    client.force_login(annie)
    page = client.get(reverse("review_next", args=[queue.slug]), {"after": first.pk}).content.decode()
    assert 'data-version="1"' in page
    assert "so far" in page


def test_the_sheet_is_left_out_while_it_is_blank_and_the_page_has_it(annie: User, queue: Queue) -> None:
    client = reading(annie, queue)
    first = take(annie, queue)
    address = reverse("review_next", args=[queue.slug])
    opened = client.get(reverse("review", args=[queue.slug])).content.decode()
    name = opened.split('data-sheet="')[1].split('"')[0]

    def fetched(sheet: str) -> str:
        return client.get(address, {"after": first.pk, "sheet": sheet}).content.decode()

    assert 'id="ask-A1"' not in fetched(name)
    assert 'name="idempotency_key"' in fetched(name)
    assert 'id="ask-A1"' in fetched("of-another-version")
    annie.preferences = {"keys": {"pass": "q"}}
    annie.save()
    assert 'id="ask-A1"' in fetched(name), "the sheet that the page has names another key"
    annie.preferences = {"language": "de"}
    annie.save()
    assert 'id="ask-A1"' in fetched(name), "the sheet that the page has speaks English"
    annie.preferences = {}
    annie.save()
    save_draft(reviewer=annie, assignment=take(annie, queue, first.pk), data=answers(3), version=0)
    assert 'id="ask-A1"' in fetched(name), "there is something on it"


def test_only_members_of_an_open_queue_lease_ahead(annie: User, queue: Queue) -> None:
    client = Client()
    client.force_login(person())
    assert client.get(reverse("review_next", args=[queue.slug])).status_code == 404
    client.force_login(annie)
    first = take(annie, queue)
    Queue.objects.update(state="paused")
    assert client.get(reverse("review_next", args=[queue.slug]), {"after": first.pk}).status_code == 409
    assert client.get(reverse("review_next", args=[queue.slug])).status_code == 200


def test_a_submit_in_the_background_says_only_that_it_is_in(annie: User, queue: Queue) -> None:
    client, assignment = reading(annie, queue), Assignment.objects.get()
    address, sent = reverse("review_submit", args=[queue.slug, assignment.pk]), form(answers())
    as_json = {"Accept": "application/json"}
    refused = client.post(address, {**sent, "rating_A1": ""}, headers=as_json)
    assert refused.status_code == 422
    assert "A1" in refused.json()["detail"]
    for _ in range(2):
        answer = client.post(address, sent, headers=as_json)
        assert (answer.status_code, answer.json()) == (200, {"saved": True})
    assert Review.objects.count() == 1
    again = client.post(address, {**sent, "idempotency_key": uuid4()}, headers=as_json)
    assert again.status_code == 409


@pytest.mark.parametrize("reveal", [False, True])
def test_nothing_is_fetched_ahead_where_the_model_is_compared_with_after_each_story(reveal: bool) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(), add_story()], reveal=reveal)
    client = Client()
    client.force_login(annie)
    page = client.get(reverse("review", args=[queue.slug]), follow=True).content.decode()
    assert 'id="desk"' in page
    assert (reverse("review_next", args=[queue.slug]) in page) is not reveal
