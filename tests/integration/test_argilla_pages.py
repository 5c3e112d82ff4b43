"""The pages and the command of linked queues, and what goes with a purge or an erasure."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items
from annotations.models import Review
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.argilla import carrying
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaRecord, Link
from curation.argilla.tasks import sync
from curation.erasure.actions import erase_person
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, check, person, queue_of, review_by
from tests.integration.test_erasure_purging import purged, tables_with

pytestmark = pytest.mark.django_db


def test_a_queue_is_linked_synced_and_ended_on_its_pages(argilla: Argilla) -> None:
    name, workspace = argilla.workspace()
    queue, curator, admin = queue_of(stories=[add_story()]), Client(), Client()
    curator.force_login(person(Role.CURATOR))
    admin.force_login(person(Role.ADMIN))
    queue_page, listed = reverse("queue_detail", args=[queue.slug]), reverse("argilla_links")
    assert "There is no server yet" in curator.get(listed).content.decode()
    assert "Argilla" not in curator.get(queue_page).content.decode()
    admin.post(
        reverse("argilla_new"), {"name": "Ours", "url": argilla.url, "workspace": name, "key": argilla.owner_key}
    )
    assert f"{reverse('argilla_link_new')}?queue={queue.slug}" in curator.get(queue_page).content.decode()
    offered = curator.get(f"{reverse('argilla_link_new')}?queue={queue.slug}").content.decode()
    assert f'<option value="{queue.slug}" selected>' in offered
    server = Link._meta.get_field("server").related_model.objects.get()
    made = curator.post(reverse("argilla_link_new"), {"queue": queue.slug, "server": server.pk, "name": "tales"})
    link = Link.objects.get()
    page = reverse("argilla_link", args=[link.pk])
    assert (made["Location"], link.name, link.blind) == (page, "tales", True)
    # What the worker does.
    sync()
    there = argilla.person(workspace)
    record = argilla.call("GET", f"datasets/{Link.objects.get().dataset}/records")["items"][0]["id"]
    questions = argilla.call("GET", f"datasets/{Link.objects.get().dataset}/questions")["items"]
    values = {one["name"]: {"value": 4} for one in questions if one["required"]}
    said = {"status": "submitted", "values": values}
    argilla.call("POST", f"records/{record}/responses", key=there.key, json=said)
    move = reverse("argilla_link_move", args=[link.pk])
    assert "is synced in a moment" in curator.post(move, {"move": "sync"}, follow=True).content.decode()
    sync()
    told = curator.get(page).content.decode()
    assert "1 account there has answered" in told
    assert f"It is not settled who {there.username} is here." in told
    annie = person()
    account = ArgillaPerson.objects.get(account=there.id)
    people = reverse("argilla_people", args=[link.pk])
    assert "Not settled, and has answered" in curator.get(people).content.decode()
    address = reverse("argilla_account", args=[account.pk])
    assert curator.post(address, {"person": "nobody-at-all", "link": link.pk}).status_code == 422
    answer = curator.post(address, {"person": annie.username, "link": link.pk})
    assert answer["Location"] == people
    curator.post(move, {"move": "sync"})
    sync()
    assert "is not in the queue" in curator.get(page).content.decode()
    curator.post(reverse("member_add", args=[queue.slug]), {"user": annie.username})
    curator.post(move, {"move": "sync"})
    sync()
    assert Review.objects.get().reviewer == annie
    assert "tales" in curator.get(queue_page).content.decode()
    assert admin.post(reverse("argilla_move", args=[server.pk]), {"move": "remove"}).status_code == 409
    curator.post(move, {"move": "end"})
    assert "Sync now" not in curator.get(page).content.decode()
    assert curator.post(move, {"move": "sync"}).status_code == 409
    assert admin.post(reverse("argilla_move", args=[server.pk]), {"move": "remove"}).status_code == 302


def asked(*arguments: str) -> Any:
    out = StringIO()
    call_command("sync_argilla", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_sends_reads_and_tells(argilla: Argilla) -> None:
    with pytest.raises(CommandError, match="No queue is linked"):
        call_command("sync_argilla")
    linked = Linked(argilla, queue_of(stories=[add_story(), add_story()]))
    (dry,) = asked("push", "--dry-run")["links"]
    assert (dry["unsent"], dry["records"], ArgillaRecord.objects.count()) == (2, 0, 0)
    (pushed,) = asked("push")["links"]
    assert (pushed["sent"], pushed["found"], pushed["records"]) == (2, 0, 2)
    linked.link.refresh_from_db()
    _anna, there = linked.reader()
    linked.answer(there, linked.records()[0]["id"], linked.rated())
    check([late := add_story()])
    add_items(actor=SYSTEM, queue=linked.queue, stories=[late])
    (pulled,) = asked("pull", "--queue", linked.queue.slug)["links"]
    assert (pulled["sent"], pulled["found"], pulled["reviews"], pulled["unsent"]) == (0, 1, 1, 1)
    (status,) = asked("status")["links"]
    assert (status["state"], status["reviews"], status["waiting"]) == ("pending", 1, 0)
    argilla.order(refuse=503, times=99)
    with pytest.raises(CommandError, match="1 of 1 links not as wanted"):
        asked()
    with pytest.raises(CommandError, match="nowhere is not linked"):
        asked("--queue", "nowhere")


def test_what_was_answered_goes_with_a_purge_and_with_a_person(argilla: Argilla) -> None:
    story = add_story()
    linked = Linked(argilla, queue_of(stories=[story, add_story()]))
    linked.synced()
    anna, there = linked.reader()
    for one in linked.records():
        linked.answer(there, one["id"], {"comment": "Ottoline would not say so."}, "draft")
    linked.synced()
    assert tables_with("Ottoline") == {"argilla_answer"}
    purged(story)
    assert [bool(one.values) for one in ArgillaAnswer.objects.order_by("record__item__story_id")] == [False, True]
    linked.synced()
    assert (len(linked.records()), ArgillaAnswer.objects.count()) == (1, 2)
    erase_person(actor=SYSTEM, user=anna, with_comments=True, confirmed_name=anna.username)
    assert tables_with("Ottoline") == set()
    assert tables_with(there.username) == set()
    linked.synced()
    assert tables_with(there.username) == set()


def test_nobody_waits_for_a_link_that_is_held(argilla: Argilla) -> None:
    linked = Linked(argilla, queue_of(stories=[add_story()]))
    held = carrying.claim(linked.link.pk)
    assert held is not None
    with pytest.raises(CommandError, match="A worker is at"):
        call_command("sync_argilla")
    held[1].give_back()


def test_the_page_of_a_link_takes_the_same_statements_for_any_number(
    argilla: Argilla, django_assert_max_num_queries: Any
) -> None:
    linked = Linked(argilla, queue_of(stories=[add_story() for _ in range(4)]))
    linked.synced()
    client = Client()
    client.force_login(person(Role.CURATOR))
    for _ in range(3):
        annie, there = linked.reader()
        here = review_by(annie, linked.queue)
        linked.answer(there, ArgillaRecord.objects.get(item=here.assignment.item_id).record, linked.rated())
    linked.synced()
    assert ArgillaAnswer.objects.filter(state="waiting").count() == 3
    with django_assert_max_num_queries(16):
        client.get(reverse("argilla_link", args=[linked.link.pk]))
