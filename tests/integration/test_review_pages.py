"""The review room's requests: what they keep, refuse and cost, without a browser."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, withdraw
from annotations.models import Assignment, Draft, Item, Queue, Review
from curation.accounts.models import User
from tests.builders import add_story, person, queue_of, review_by

pytestmark = pytest.mark.django_db
TEXT = "She asked for a door 🚪.\n\nIt opened."
ANSWERS = {f"rating_{key}": "4" for key in ("A1", "A3", "B1", "B2", "B3", "D1")} | {"rating_A2": "na"}


@pytest.fixture
def annie(client: Client) -> User:
    user = person()
    client.force_login(user)
    return user


@pytest.fixture
def queue(annie: User) -> Queue:
    return queue_of(annie, person(), stories=[add_story(TEXT, title="Door"), add_story(title="Lamp")], slug="q")


@pytest.fixture
def assignment(annie: User, queue: Queue) -> Assignment:
    claimed = claim(reviewer=annie, queue=queue)
    assert claimed is not None
    return claimed


def url(name: str, assignment: Assignment) -> str:
    return reverse(name, args=["q", assignment.pk])


def keep(client: Client, assignment: Assignment, data: object, version: int = 0) -> Any:
    body = json.dumps({"version": version, "data": data})
    return client.post(
        url("review_draft", assignment), body, content_type="application/json", headers={"Accept": "application/json"}
    )


def test_a_plain_form_becomes_a_review_with_its_evidence(client: Client, assignment: Assignment) -> None:
    start = TEXT.index("🚪")
    spans = [{"criterion": "B1", "flag": None, "start": start, "end": start + 1, "quote": "🚪"}]
    sent = {**ANSWERS, "theme": ["boundaries"], "rating_C1": "2", "flag": ["moral_lecture"], "active_seconds": "95"}
    answer = client.post(
        url("review_submit", assignment), {**sent, "spans": json.dumps(spans), "comment": "One\r\nTwo"}
    )
    assert answer.headers["Location"] == "/review/q/"
    review = Review.objects.get()
    rated = dict(review.ratings.values_list("criterion__key", "value"))
    assert rated == {"A1": 4, "A2": None, "A3": 4, "B1": 4, "B2": 4, "B3": 4, "C1": 2, "D1": 4}
    assert (review.comment, review.active_seconds) == ("One\nTwo", 95)
    assert review.spans.get().quote == "🚪"


def test_an_unfinished_review_comes_back_with_everything_in_it(client: Client, assignment: Assignment) -> None:
    sent = {**ANSWERS, "rating_D1": "", "comment": "Keep <this>", "theme": ["equanimity"], "flag": ["stock_name"]}
    answer = client.post(url("review_submit", assignment), sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Still to rate: C3 Equanimity, D1 Craft." in html
    assert "Keep &lt;this&gt;" in html
    assert len(re.findall(r'type="radio"\s+name="rating_[^>]*\schecked', html.split('id="pass"')[0])) == 6
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "field",
    [{"spans": "{"}, {"spans": '[{"criterion": "A1", "start": 0, "end": 3, "quote": "Not"}]'}, {"rating_A1": "7"},
     {"rating_A1": "²"}, {"theme": "nonsense"}, {"active_seconds": "1e9"}, {"idempotency_key": "x"}],
)  # fmt: skip
def test_what_no_page_sends_never_breaks_it(client: Client, assignment: Assignment, field: dict[str, str]) -> None:
    answer = client.post(url("review_submit", assignment), {**ANSWERS, **field})
    assert answer.status_code in {302, 422}


def test_sent_twice_is_stored_once(client: Client, assignment: Assignment) -> None:
    sent = {**ANSWERS, "idempotency_key": "6b1c7ae4-2f0c-4e2b-9d55-1f4f0a1c9c11"}
    for _ in range(2):
        assert client.post(url("review_submit", assignment), sent).status_code == 302
    assert Review.objects.count() == 1


def test_other_answers_from_the_same_page_are_not_said_to_be_in(client: Client, assignment: Assignment) -> None:
    sent = {**ANSWERS, "idempotency_key": "6b1c7ae4-2f0c-4e2b-9d55-1f4f0a1c9c11"}
    client.post(url("review_submit", assignment), sent)
    changed, as_json = {**sent, "rating_A1": "1"}, {"Accept": "application/json"}
    html = client.post(url("review_submit", assignment), changed, follow=True).content.decode()
    assert "Your review of “Door” is in already, as you sent it first. This one was not kept." in html
    assert client.post(url("review_submit", assignment), changed, headers=as_json).status_code == 409
    assert client.post(url("review_submit", assignment), sent, headers=as_json).json() == {"saved": True}
    assert Review.objects.get().ratings.get(criterion__key="A1").value == 4
    client.post(reverse("review_withdraw", args=[Review.objects.get().pk]))
    for answers, status in ((sent, 200), (changed, 409)):
        html = (answer := client.post(url("review_submit", assignment), answers, follow=True)).content.decode()
        assert "Thank you. Your review of “Door” is in." not in html
        assert "You took this review back" in html
        assert answer.status_code == status
    # What is shown again can be sent again.
    key = answer.context["key"]
    assert client.post(url("review_submit", assignment), {**changed, "idempotency_key": str(key)}).status_code == 302
    assert Review.objects.live_commits().get().ratings.get(criterion__key="A1").value == 1


def test_a_page_from_before_the_submit_cannot_send_it_again(client: Client, assignment: Assignment) -> None:
    client.post(url("review_submit", assignment), ANSWERS)
    for stale in ({}, {**ANSWERS, "rating_A1": "1"}):
        answer = client.post(url("review_submit", assignment), stale, follow=True)
        assert answer.redirect_chain == [("/review/q/", 302)]
        html = answer.content.decode()
        assert "Your review of “Door” is in already" in html
        assert 'id="title"' in html
        assert "Lamp" in html
    assert Review.objects.get().ratings.get(criterion__key="A1").value == 4


def test_the_browser_keeps_no_page_of_the_room(client: Client, assignment: Assignment) -> None:
    answers = [client.get("/review/q/"), client.post(url("review_submit", assignment), {})]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert all("no-store" in answer.headers["Cache-Control"] for answer in answers)


def test_an_address_that_only_takes_posts_leads_on_or_says_so(client: Client, assignment: Assignment) -> None:
    for name in ("review_submit", "review_pass"):
        assert client.get(url(name, assignment)).headers["Location"] == "/review/q/"
    assert Assignment.objects.get().state == "active"
    answer = client.get("/review/done/1/withdraw/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Go back to the page with the button" in answer.content.decode()
    told = client.get("/review/done/1/withdraw/", headers={"Accept": "application/json"})
    assert told.json()["title"] == "That address is not a page"


def test_a_draft_is_kept_and_a_stale_one_is_told_the_newest_version(client: Client, assignment: Assignment) -> None:
    assert keep(client, assignment, {"comment": "one"}).json() == {"version": 1}
    assert keep(client, assignment, {"comment": "two"}, 1).json() == {"version": 2}
    stale = keep(client, assignment, {"comment": "old"}, 1)
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    assert Draft.objects.get().data == {"comment": "two"}
    assert "two" in client.get("/review/q/").content.decode()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"version": "x", "data": {}}', '{"version": 0, "data": []}'])
def test_a_broken_draft_is_refused_in_json(client: Client, assignment: Assignment, body: str) -> None:
    answer = client.post(
        url("review_draft", assignment), body, content_type="application/json", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_nobody_reaches_anothers_assignment(client: Client, assignment: Assignment) -> None:
    client.force_login(person())
    assert client.get("/review/q/").status_code == 404
    for name in ("review_submit", "review_pass"):
        assert client.post(url(name, assignment), ANSWERS).status_code == 404
    assert keep(client, assignment, {}).status_code == 404


def test_a_pass_needs_a_word(client: Client, assignment: Assignment) -> None:
    assert client.post(url("review_pass", assignment), {}).status_code == 422
    assert client.post(url("review_pass", assignment), {"reason": "The text is broken"}).status_code == 302
    assignment.refresh_from_db()
    assert (assignment.state, assignment.pass_reason) == ("passed", "The text is broken")
    # What they wrote themselves says more, and is cut rather than lost.
    (another,) = re.findall(r"/review/q/(\d+)/pass/", client.get("/review/q/").content.decode())[:1]
    words = {"reason": "The text is broken", "other": f"  I wrote it. {'x' * 400}"}
    assert client.post(reverse("review_pass", args=["q", another]), words).status_code == 302
    reason = Assignment.objects.get(pk=another).pass_reason
    assert (reason[:12], len(reason)) == ("I wrote it. ", 300)


def test_a_paused_queue_says_so(client: Client, annie: User, queue: Queue) -> None:
    Queue.objects.update(state="paused")
    answer = client.get("/review/q/")
    assert answer.status_code == 409
    assert "paused" in answer.content.decode()


def test_the_last_page_says_thank_you(client: Client, annie: User, queue: Queue) -> None:
    for _ in range(2):
        review_by(annie, queue)
    html = client.get("/review/q/").content.decode()
    assert "Nothing left for you here" in html
    assert "Today you read 2 stories" in html


def test_only_a_revealing_queue_offers_the_comparison(client: Client, annie: User, assignment: Assignment) -> None:
    Queue.objects.update(reveal=True)
    answer = client.post(url("review_submit", assignment), ANSWERS, follow=True)
    assert "/comparison/" in answer.content.decode()
    assert "Submitted, before you saw what the model says." in answer.content.decode()
    Queue.objects.update(reveal=False)
    page = reverse("review_done", args=[Review.objects.get().pk])
    assert "/comparison/" not in client.get(page).content.decode()
    assert "Submitted. You can still take it back." in client.get(page).content.decode()
    Queue.objects.update(reveal=True)
    assert "/comparison/" in client.get(page).content.decode()
    withdraw(reviewer=annie, review=Review.objects.get())
    assert "/comparison/" not in client.get(page).content.decode(), "nothing is compared before it is written again"
    client.force_login(person())
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("kind", ["gold", "audit", "repeat"])
def test_an_item_that_measures_its_reader_offers_no_comparison(
    client: Client, annie: User, assignment: Assignment, kind: str
) -> None:
    Queue.objects.update(reveal=True)
    Item.objects.update(kind=kind)
    answer = client.post(url("review_submit", assignment), ANSWERS, follow=True)
    assert Review.objects.count() == 1
    assert "/comparison/" not in answer.content.decode()
    page = reverse("review_done", args=[Review.objects.get().pk])
    assert "/comparison/" not in client.get(page).content.decode()


def test_what_the_next_story_and_a_submit_cost(
    client: Client,
    annie: User,
    queue: Queue,
    django_assert_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    client.get("/review/q/")
    assignment = Assignment.objects.get()
    # Who is asking, the queue, the claim, its story, and what is around it.
    with django_assert_num_queries(5):
        client.get("/review/q/")
    # Who is asking, the assignment, the review, and what there is to decide on; two are savepoints of the test.
    with django_assert_num_queries(6):
        client.post(url("review_submit", assignment), ANSWERS)


def test_keeping_a_draft_costs_one_statement_besides_who_is_asking(
    client: Client,
    assignment: Assignment,
    django_assert_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    client.get("/review/q/")
    for version in (0, 1):
        with django_assert_num_queries(2):
            assert keep(client, assignment, {"comment": "so far"}, version).status_code == 200


@pytest.mark.parametrize(("version", "other"), [(-1, 0), (10**30, 0), (0, 10**30)])
def test_a_draft_of_numbers_that_no_row_has_is_refused(
    client: Client, assignment: Assignment, version: int, other: int
) -> None:
    keep(client, assignment, {})
    assignment.pk = other or assignment.pk
    assert keep(client, assignment, {}, version).status_code == (404 if other else 409)
