"""What admins do over the API: providers whose keys come out nowhere, prices, spending, and the log."""

from typing import Any

import pytest
from django.test import Client

from annotations.actions import claim
from curation.accounts.models import Role
from curation.api.models import AnsweredCall
from curation.audit.models import Entry
from curation.llm.models import Provider
from tests.api import Caller, problem
from tests.builders import add_story, dataset, person, queue_of, review_by, scored_stories
from tests.integration.api_rows.releases import dead_letter
from tests.judging import MODEL, llm_judge, paid, provider, started_run

pytestmark = pytest.mark.django_db
KEY = "sk-not-to-be-seen-again"


@pytest.fixture
def admin() -> Caller:
    return Caller(person(Role.ADMIN))


def test_the_key_of_a_provider_goes_in_and_comes_out_nowhere(admin: Caller) -> None:
    sent = {"name": "Ours", "kind": "openai", "base_url": "https://models.example.org/v1", "key": KEY}
    made = admin("POST", "providers", sent, Idempotency_Key="one")
    assert made.status_code == 201, made.content
    here = made["Location"]
    again = admin("POST", "providers", sent, Idempotency_Key="one")
    elsewhere = {"base_url": "https://other.example.org/v1"}
    moved = admin("PATCH", here, elsewhere)
    assert problem(moved) == (422, "invalid_input"), "a stored key goes to no other address"
    with_key = admin("PATCH", here, {**elsewhere, "key": KEY})
    assert with_key.json()["address"] == "https://other.example.org/v1"
    bad = admin("PATCH", here, {"key": f"{KEY} {KEY}"})
    assert problem(bad) == (422, "invalid_input")
    answers = [made, again, moved, with_key, bad, admin("GET", here), admin("GET", "providers"), admin("GET", "audit")]
    assert [KEY in answer.content.decode() for answer in answers] == [False] * len(answers)
    assert made.json()["has_key"] is True
    assert "key" not in made.json()
    assert KEY not in str(list(AnsweredCall.objects.values()))
    assert KEY not in str(list(Entry.objects.values()))


def test_a_provider_is_changed_from_where_it_is_and_removed(admin: Caller) -> None:
    kept = provider()
    here = f"providers/{kept.pk}"
    read = admin("GET", here)
    assert admin("PATCH", here, {"in_flight": 4}, If_Match=read["ETag"]).json()["in_flight"] == 4
    late = admin("PATCH", here, {"in_flight": 8}, If_Match=read["ETag"])
    assert (problem(late), late.json()["current"]["in_flight"]) == ((412, "changed_meanwhile"), 4)
    assert problem(admin("PATCH", here, {"kind": "anthropic"})) == (422, "invalid_input")
    assert problem(admin("PATCH", here, {"in_flight": 0})) == (422, "invalid_input")
    other = provider()
    taken = admin("PATCH", here, {"name": other.name})
    assert (problem(taken), taken.json()["current"]["name"]) == ((409, "conflict"), kept.name)
    assert admin("DELETE", here).status_code == 204
    assert problem(admin("GET", here)) == (404, "not_found")
    assert Provider.objects.get(pk=kept.pk).removed_at is not None


def test_prices_and_spending_are_told(admin: Caller) -> None:
    version = llm_judge()
    here = f"providers/{version.provider_id}/prices"
    assert admin.get(here)["models"][0]["prices"]["output"] == 2.0
    told = admin.post(here, {"model": MODEL, "input": "0.25", "output": "4"})
    assert told["models"] == [
        {"model": MODEL, "prices": {"input": 0.25, "cached_read": 0.25, "cached_write": 0.25, "output": 4.0}}
    ]
    assert problem(admin("POST", here, {"model": MODEL, "input": "1"})) == (422, "invalid_input")
    assert problem(admin("POST", here, {"model": MODEL, "input": "10001", "output": "1"})) == (422, "invalid_input")
    paid(started_run(version, scored_stories(1)), 1_500)
    spent = admin.get("spending")
    assert [(one["model"], one["calls"], one["micro_usd"]) for one in spent["models"]] == [(MODEL, 1, 1_500)]
    assert [one["spent_micro_usd"] for one in spent["providers"]] == [1_500]
    assert admin.get("spending?month=2001-01")["models"] == []
    for odd in ("2001-13", "1", "0000-01", "9999-12-01"):
        assert problem(admin("GET", f"spending?month={odd}")) == (422, "invalid_input")


def test_people_are_listed_changed_closed_and_opened(admin: Caller, django_assert_num_queries: Any) -> None:
    annie = person(username="annie")
    queue = queue_of(annie, person(), stories=[add_story()])
    claim(reviewer=annie, queue=queue)
    hers = Caller(annie)
    admin.get("people")
    with django_assert_num_queries(3):
        admin.get("people")
    [found] = admin.get("people?words=ANNIE")["results"]
    here = f"people/{annie.pk}"
    assert admin.get(here) == found
    assert (found["queues"], found["reading"], found["limited"]) == ([queue.slug], 1, False)
    assert problem(admin("PATCH", here, {"role": "owner"})) == (422, "invalid_input")
    assert admin("PATCH", here, {"role": "researcher"}).json()["queues"] == []
    assert problem(admin("PATCH", f"people/{admin.user.pk}", {"role": "curator"})) == (409, "conflict")
    closed = admin.post(f"{here}/close")
    assert (closed["is_active"], closed["reading"]) == (False, 0)
    assert problem(hers("GET", "me")) == (401, "token_refused")
    assert admin.get("people?words=annie")["results"] == []
    assert len(admin.get("people?words=annie&closed=true")["results"]) == 1
    assert admin.post(f"{here}/reopen")["is_active"] is True
    assert problem(hers("GET", "me")) == (401, "token_refused"), "a revoked token stays so"


def test_a_person_is_limited_to_datasets_and_let_go(admin: Caller) -> None:
    curator, kept = person(Role.CURATOR), dataset("kept")
    here = f"people/{curator.pk}/limits"
    assert admin.get(here) == {"orgs": [], "datasets": []}
    put = admin("PUT", here, {"orgs": ["Acme"], "datasets": [str(kept)]})
    assert put.json() == admin.get(here) == {"orgs": ["acme"], "datasets": [str(kept)]}
    assert admin.get(f"people/{curator.pk}")["limited"] is True
    assert problem(admin("PUT", here, {"orgs": [], "datasets": ["exempla/none"]})) == (404, "not_found")
    assert problem(admin("PUT", here, {"orgs": [], "datasets": ["none"]})) == (422, "invalid_input")
    assert problem(admin("PUT", here, {"orgs": [], "datasets": []})) == (422, "invalid_input")
    assert admin("DELETE", here).status_code == 204
    assert admin.get(here) == {"orgs": [], "datasets": []}


def test_the_link_of_an_invitation_is_told_once_and_kept_nowhere(admin: Caller) -> None:
    queue = queue_of(person())
    sent = {"role": "annotator", "queues": [queue.slug], "note": "For Annie", "days": 3}
    made = admin("POST", "invitations", sent, Idempotency_Key="one")
    assert made.status_code == 201, made.content
    secret = made.json()["link"].rstrip("/").rpartition("/")[2]
    again = admin("POST", "invitations", sent, Idempotency_Key="one")
    assert again.json() == made.json() | {"link": None}
    [listed] = admin.get("invitations")["results"]
    assert again.json() == listed | {"link": None}
    assert (listed["queues"], listed["note"]) == ([queue.slug], "For Annie")
    assert secret not in str(list(AnsweredCall.objects.values()))
    assert Client().get(made.json()["link"]).status_code == 200
    assert admin("DELETE", made["Location"]).status_code == 204
    assert Client().get(made.json()["link"]).status_code == 404
    assert problem(admin("POST", "invitations", sent | {"days": 31})) == (422, "invalid_input")
    assert problem(admin("POST", "invitations", sent | {"queues": ["none"]})) == (422, "invalid_input")


def test_the_secret_of_a_webhook_is_told_once(admin: Caller) -> None:
    sent = {"name": "Theirs", "url": "https://hooks.example.org/", "events": ["release.built"]}
    made = admin("POST", "webhooks", sent, Idempotency_Key="one")
    assert made.status_code == 201, made.content
    secret, here = made.json()["secret"], made["Location"]
    assert admin("POST", "webhooks", sent, Idempotency_Key="one").json() == made.json() | {"secret": None}
    read = admin("GET", here)
    assert read.json() == made.json()["webhook"]
    turned = admin.post(f"{here}/secret", {"overlap_hours": 1}, Idempotency_Key="two")
    assert (turned["secret"] == secret, turned["webhook"]["former_until"] is None) == (False, False)
    for told in (secret, turned["secret"]):
        assert told not in str(list(AnsweredCall.objects.values())) + str(list(Entry.objects.values()))
    now = admin("GET", here)["ETag"]
    changed = admin("PATCH", here, {"each_story": True, "events": ["story.scored"]}, If_Match=now).json()
    assert (changed["each_story"], changed["events"]) == (True, ["story.scored"])
    assert problem(admin("PATCH", here, {"name": "Late"}, If_Match=now)) == (412, "changed_meanwhile")
    for odd in ({"url": "http://127.0.0.1/"}, {"events": []}, {"events": ["x"]}, {"name": ""}):
        assert problem(admin("PATCH", here, odd)) == (422, "invalid_input")
    assert admin.post(f"{here}/pause")["paused_because"] == "admin"
    assert admin.post(f"{here}/resume")["paused_at"] is None
    assert admin("DELETE", here).status_code == 204
    assert admin.get("webhooks")["results"] == []


def test_messages_that_were_given_up_are_sent_again(admin: Caller) -> None:
    dead = dead_letter(actor=admin.user)
    [listed] = admin.get("webhooks/dead")["results"]
    assert (listed["id"], listed["event"], listed["state"], listed["tries"]) == (dead.pk, "release.built", "failed", 8)
    again = admin("POST", f"webhooks/deliveries/{dead.pk}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert problem(admin("POST", f"webhooks/deliveries/{dead.pk}/replay")) == (409, "conflict")
    assert admin.post("webhooks/dead") == {"messages": 0}
    [waiting] = admin.get(f"webhooks/{dead.endpoint_id}/deliveries")["results"]
    assert (waiting["message"], waiting["problem"]) == (listed["message"], "")
    tested = admin.post(f"webhooks/{dead.endpoint_id}/test")
    assert (tested["taken"], tested["status"]) == (False, None)
    assert "Nothing may be sent" in tested["problem"]


def test_the_log_is_looked_through_by_person_kind_and_time(admin: Caller) -> None:
    annie = person()
    review_by(annie, queue_of(annie, stories=[add_story()]))
    hers = admin.get(f"audit?person={annie.pk}&kind=reviews")["results"]
    assert {one["actor"] for one in hers} == {annie.username}
    assert hers[0]["verb"] == "review.submitted"
    assert [one["id"] for one in hers] == sorted((one["id"] for one in hers), reverse=True)
    at = hers[0]["at"]
    assert hers[0]["id"] in {one["id"] for one in admin.get(f"audit?since={at}&limit=500")["results"]}
    assert hers[0]["id"] not in {one["id"] for one in admin.get(f"audit?until={at}&limit=500")["results"]}
    for odd in ("person=0", "kind=x", "since=yesterday", "verb=x"):
        assert problem(admin("GET", f"audit?{odd}")) == (422, "invalid_input")


def test_the_log_keeps_back_what_would_end_blindness(admin: Caller) -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, admin.user, stories=[story])
    review_by(annie, queue)
    assert admin.get(f"audit?person={annie.pk}&kind=reviews")["results"] == []
    review_by(admin.user, queue)
    assert len(admin.get(f"audit?person={annie.pk}&kind=reviews")["results"]) == 2


def test_the_log_costs_the_same_however_long(admin: Caller, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        annie = person()
        review_by(annie, queue_of(annie, stories=[add_story()]))
    admin.get("audit")
    with django_assert_num_queries(2):
        admin.get("audit")
