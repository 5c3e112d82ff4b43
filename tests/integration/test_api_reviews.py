"""Reviewing over the API: claims, drafts, reviews and what comes after; and the queues that stories come from."""

from typing import Any

import pytest

from annotations.actions import expire, finalize_reviews, give_consent, pause_queue
from annotations.material import consent_version
from annotations.models import Assignment, Draft, Membership, Queue, Review
from annotations.models.assignment import AssignmentState
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.triage.actions import fill_due
from curation.triage.models import Fill
from tests.api import Caller, problem
from tests.builders import (
    CONDUCT,
    accepted_stories,
    add_story,
    answers,
    check,
    expired_assignment,
    passage_of,
    person,
    queue_of,
    review_by,
    scored_stories,
)
from tests.integration.test_annotations_statements import at_most

pytestmark = pytest.mark.django_db


def claimed(caller: Caller, queue: Queue, **body: Any) -> Any:
    return caller.post(f"queues/{queue.slug}/claims", body)


def test_a_program_reads_rates_and_submits() -> None:
    annie = person()
    text = "The tug 🚢 lied to the harbour master. Nobody saw it."
    queue = queue_of(annie, stories=[add_story(text, title="The tug")], overlap=1, instructions="Mind the harbour.")
    call = Caller(annie)
    assignment = claimed(call, queue)
    assert (assignment["title"], assignment["text"], assignment["instructions"]) == (
        "The tug",
        text,
        "Mind the harbour.",
    )
    criteria = {one["key"]: one for one in assignment["sheet"]["criteria"]}
    assert [step["value"] for step in criteria["A1"]["steps"]] == [1, 2, 3, 4, 5]
    # Nothing of how the story came here, who else reads it, or what kind of item it is.
    assert not {"kind", "priority", "seat", "is_repeat", "source", "stage"} & assignment.keys()

    address = f"assignments/{assignment['id']}"
    refused = call("POST", f"{address}/review", {**answers(), "ratings": {"A1": 4}})
    assert problem(refused) == (422, "incomplete_review")
    assert refused.json()["missing"] == ["A2", "A3", "B1", "B2", "B3", "D1"]
    wrong = answers(flags={"backfire": {**passage_of(text, "lied"), "start": 9, **CONDUCT}})
    assert problem(call("POST", f"{address}/review", wrong)) == (422, "invalid_input")

    data = answers(flags={"backfire": passage_of(text, "lied to") | CONDUCT}, comment=" It deceives. ")
    answer = call("POST", f"{address}/review", data, Idempotency_Key="one")
    assert answer.status_code == 201
    said = call.get(answer["Location"])
    assert (said["kind"], said["answers"]["comment"]) == ("commit", "It deceives.")
    (span,) = said["answers"]["spans"]
    assert text[span["start"] : span["end"]] == span["quote"] == "lied to"

    assert call("POST", f"{address}/review", data, Idempotency_Key="one").json() == answer.json()
    assert problem(call("POST", f"{address}/review", answers(), Idempotency_Key="one")) == (409, "conflict")
    assert problem(call("POST", f"{address}/review", data, Idempotency_Key="two")) == (409, "conflict")
    assert Review.objects.count() == 1
    assert call("POST", f"queues/{queue.slug}/claims", {}).status_code == 204


def test_what_has_to_be_done_before_a_first_story() -> None:
    annie = person(publish=None)
    queue = queue_of(annie, stories=[add_story()], requires_practice=True)
    call = Caller(annie)
    assert problem(call("POST", f"queues/{queue.slug}/claims", {})) == (409, "consent_missing")
    give_consent(user=annie, version=consent_version(), publish=False)
    assert problem(call("POST", f"queues/{queue.slug}/claims", {})) == (403, "not_practised")
    Queue.objects.update(requires_practice=False)
    pause_queue(actor=SYSTEM, queue=queue)
    assert problem(call("POST", f"queues/{queue.slug}/claims", {})) == (409, "conflict")
    assert problem(call("POST", "queues/none/claims", {})) == (404, "not_found")
    assert Assignment.objects.count() == 0


def test_a_story_is_held_ahead_and_comes_without_the_sheet_that_the_caller_has() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(), add_story(), add_story()])
    call = Caller(annie)
    first = claimed(call, queue)
    second = claimed(call, queue, ahead_of=first["id"], sheet=False)
    assert (second["id"] != first["id"], second["sheet"], second["left"]) == (True, None, 1)
    assert claimed(call, queue)["id"] == first["id"]
    assert {assignment["id"] for assignment in call.get("assignments?state=active")["results"]} == {
        first["id"],
        second["id"],
    }


def test_drafts_of_two_programs() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    call = Caller(annie)
    address = f"assignments/{claimed(call, queue)['id']}/draft"
    empty = call("GET", address)
    assert empty.json() == {"answers": {}, "version": 0}
    saved = call("PUT", address, {"answers": {"ratings": {"A1": 4}}, "version": 0})
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    assert saved["ETag"] == call("GET", address)["ETag"]
    assert call("GET", address, If_None_Match=saved["ETag"]).status_code == 304

    late = call("PUT", address, {"answers": {"ratings": {"A1": 1}}, "version": 0})
    assert problem(late) == (409, "conflict")
    assert late.json()["current"]["answers"]["ratings"] == {"A1": 4}
    old = call("PUT", address, {"answers": {}}, If_Match=empty["ETag"])
    assert (problem(old), old.json()["current"]["version"]) == ((412, "changed_meanwhile"), 1)
    assert call("PUT", address, {"answers": {"comment": "ab"}}, If_Match=saved["ETag"]).json()["version"] == 2
    assert problem(call("PUT", address, {"answers": {}})) == (422, "invalid_input")
    for odd in ({"coment": "a"}, {"spans": [{"start": 0, "end": 1, "quote": "a", "colour": "red"}]}):
        assert (
            "is nothing that this call takes" in call("PUT", address, {"answers": odd, "version": 2}).json()["detail"]
        )
    for odd in ({"ratings": {"A1": "4"}}, {"ratings": {"A1": 6}}, {"spans": [{"start": 0}]}, {"flags": "backfire"}):
        assert problem(call("PUT", address, {"answers": odd, "version": 2})) == (422, "invalid_input"), odd
    assert Draft.objects.get().data["comment"] == "ab"
    other = Caller(person())
    assert problem(other("PUT", address, {"answers": {}, "version": 2})) == (404, "not_found")
    assert problem(other("GET", address)) == (404, "not_found")


def test_a_lease_that_ran_out_and_a_story_that_is_passed_on() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    call, mine = Caller(annie), expired_assignment(annie, queue)
    address = f"assignments/{mine.pk}"
    assert call.post(f"{address}/resume")["state"] == "active"
    passed = call.post(f"{address}/pass", {"reason": "The text is broken"})
    assert (passed["state"], passed["pass_reason"]) == ("passed", "The text is broken")
    assert call("DELETE", f"{address}/pass").json()["state"] == "active"
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")
    expire()
    review_by(ben, queue)
    taken = call("POST", f"{address}/review", answers())
    assert problem(taken) == (409, "decided_meanwhile")
    kept = call.post(f"{address}/review", {**answers(), "or_extra": True})
    assert kept["kind"] == "extra"
    assert Assignment.objects.get(pk=mine.pk).state == AssignmentState.CLOSED


def test_taking_a_review_back_and_revising_it() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()])
    call, review = Caller(annie), review_by(annie, queue, answers(2))
    address = f"reviews/{review.pk}"
    stands = call.get(address)
    assert (stands["withdraw"]["may"], stands["revise"]["may"], stands["outcome"]) == (True, False, None)
    revision = {**answers(5), "reason": "I see it otherwise."}
    assert problem(call("POST", f"{address}/revisions", revision)) == (409, "conflict")
    again = call.post(f"{address}/withdrawal", {"reason": "Too quick."}, Idempotency_Key="w")
    assert again["draft"]["answers"]["ratings"]["A1"] == 2
    assert call.post(f"{address}/withdrawal", {"reason": "Too quick."}, Idempotency_Key="w") == again
    assert call.get(address)["withdrawn_at"]
    review = review_by(annie, queue)
    review_by(ben, queue)
    assert call.get(f"reviews/{review.pk}")["outcome"] is None, "it can be taken back within the hour"


def test_a_revision_is_kept_beside_and_the_list_has_a_fixed_number_of_statements() -> None:
    annie = person()
    stories = accepted_stories(3, annie, person())
    call = Caller(annie)
    finalize_reviews(stories=[story.pk for story in stories])
    (first, *_rest) = call.get("reviews?outcome=accept")["results"]
    assert first["outcome"] == "accept"
    address = f"reviews/{first['id']}/revisions"
    assert problem(call("POST", address, answers(5))) == (422, "reason_missing")
    body = {**answers(5), "reason": "The captain knew.", "ask_curator": True}
    made = call.post(address, body, Idempotency_Key="r")
    assert call.post(address, body, Idempotency_Key="r") == made
    assert call.get(address)["results"] == [made]
    assert (made["answers"]["ratings"]["A1"], made["origin"], made["blind"]) == (5, "here", True)
    with at_most(9):
        call.get("reviews")


def test_a_comparison_goes_on_record_and_closes_the_way_back() -> None:
    annie = person()
    stories = scored_stories(1)
    queue = queue_of(annie, stories=stories, reveal=True)
    call, review = Caller(annie), review_by(annie, queue)
    assert call.get(f"reviews/{review.pk}")["compare"]["may"] is True
    assert problem(call("GET", f"reviews/{review.pk}/comparison")) == (404, "not_found")
    assert call.get(f"reviews/{review.pk}")["withdraw"]["may"] is True, "looking where nothing is shown is no look"
    said = call.post(f"reviews/{review.pk}/comparison")
    assert call.get(f"reviews/{review.pk}/comparison") == said
    assert {line["own"] for line in said["lines"] if line["rated"]} == {4}
    assert all(line["judge"] is None or 1 <= line["judge"] <= 5 for line in said["lines"])
    after = call.get(f"reviews/{review.pk}")
    assert (after["withdraw"]["may"], after["revise"]["may"]) == (False, True)
    assert problem(call("POST", f"reviews/{review.pk}/withdrawal", {})) == (409, "conflict")


def test_a_queue_is_made_filled_and_run() -> None:
    curator, annie = person(Role.CURATOR), person()
    stories = [add_story(), add_story()]
    check([])
    call = Caller(curator)
    queue_of()
    asked = {"name": "At sea", "members": [annie.username], "stories": {"limit": 1}}
    made = call.post("queues", asked, Idempotency_Key="q")
    assert call.post("queues", asked, Idempotency_Key="q") == made
    assert (made["slug"], made["fill"]["state"], made["fill"]["total"]) == ("at-sea", "pending", 1)
    fill_due()
    assert call.get("queues/at-sea/fills")["results"][0]["state"] == "done"
    assert call.post("queues/at-sea/fitting", {"language": "English"})["count"] == 1
    assert call.post("queues/at-sea/fitting", {"language": "de"})["count"] == 0
    more = call("POST", "queues/at-sea/fills", {"stories": [story.pk for story in stories]})
    assert (more.status_code, call.get(more["Location"])["total"]) == (202, 1)
    assert problem(call("POST", "queues/at-sea/fills", {"source": "none"})) == (422, "invalid_input")
    fill_due()
    assert call.get("queues/at-sea/progress")["stories"] == 2
    assert Caller(annie).get("queues/at-sea/progress")["outcomes"] is None

    queue = call("GET", "queues/at-sea")
    closed = call("PATCH", "queues/at-sea", {"state": "closed", "requires_practice": True}, If_Match=queue["ETag"])
    assert (closed.json()["state"], closed.json()["requires_practice"]) == ("closed", True)
    late = call("PATCH", "queues/at-sea", {"state": "paused"}, If_Match=queue["ETag"])
    assert (problem(late), late.json()["current"]["state"]) == ((412, "changed_meanwhile"), "closed")
    refused = call("PATCH", "queues/at-sea", {"state": "paused", "requires_practice": False})
    assert (problem(refused), refused.json()["current"]["requires_practice"]) == ((409, "conflict"), True)


def test_members_come_in_together_or_not_at_all() -> None:
    curator, annie, researcher = person(Role.CURATOR), person(), person(Role.RESEARCHER)
    queue, call = queue_of(), Caller(curator)
    address = f"queues/{queue.slug}/members"
    for odd in ("nobody", researcher.username):
        assert problem(call("POST", address, {"usernames": [annie.username, odd]})) == (422, "invalid_input")
    assert not Membership.objects.exists()
    added = call("POST", address, {"usernames": [annie.username, curator.username, annie.username]}).json()
    assert {one["username"] for one in added} == {annie.username, curator.username}
    assert len(call.get(address)["results"]) == 2
    assert call("DELETE", f"{address}/{annie.username}").status_code == 204
    assert problem(call("DELETE", f"{address}/{annie.username}")) == (404, "not_found")


def test_a_failed_fill_goes_on_or_is_left() -> None:
    curator: User = person(Role.CURATOR)
    queue, call = queue_of(), Caller(curator)
    fills = [Fill.objects.create(queue=queue, selection={}, total=1, state="failed", created_by=curator) for _ in "ab"]
    one, two = (f"queues/{queue.slug}/fills/{fill.pk}" for fill in fills)
    assert call("POST", f"{one}/retry").json()["state"] == "pending"
    assert problem(call("POST", f"{one}/retry")) == (409, "conflict")
    assert problem(call("DELETE", one)) == (409, "conflict")
    assert call("DELETE", two).status_code == 204
    assert problem(call("GET", two)) == (404, "not_found")


def test_claiming_and_submitting_take_few_statements() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story(), add_story()])
    call = Caller(annie)
    claimed(call, queue)
    with at_most(6):
        assignment = claimed(call, queue)
    with at_most(2):
        assert call("PUT", f"assignments/{assignment['id']}/draft", {"answers": {}, "version": 0}).status_code == 200
    with at_most(6):
        call.post(f"assignments/{assignment['id']}/review", answers())


def test_an_address_with_a_key_that_is_nobodys_answers_404() -> None:
    curator = person(Role.CURATOR)
    queue_of(curator, stories=[add_story()])
    call = Caller(curator)
    for key in (0, 2**63, 10**30):
        for path in ("assignments/{}", "assignments/{}/draft", "reviews/{}", "decisions/{}", "adjudications/{}"):
            assert problem(call("GET", path.format(key))) == (404, "not_found"), path
        draft = {"answers": {}, "version": 0}
        assert problem(call("PUT", f"assignments/{key}/draft", draft)) == (404, "not_found")
        assert problem(call("PUT", f"assignments/{key}/draft", draft, If_Match='"a"')) == (404, "not_found")
        assert problem(call("POST", f"decisions/{key}/undo")) == (404, "not_found")
        assert problem(call("GET", f"practice/{key}")) == (404, "not_found")


def test_an_answer_that_is_only_like_one_is_refused() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    call = Caller(annie)
    address = f"assignments/{claimed(call, queue)['id']}/review"
    good = answers()
    span = {"criterion": "A1", "start": 0, "end": 5, "quote": "Story"}
    for odd in (
        {"ratings": good["ratings"] | {"A1": True}},
        {"ratings": good["ratings"] | {"A1": 4.0}},
        {"ratings": good["ratings"] | {"Z9": 4}},
        {"ratings": [4] * 7},
        {"out_of_scope": "yes"},
        {"comment": 5},
        {"spans": [span | {"start": "0"}]},
        {"spans": [span | {"end": 10**12}]},
        {"spans": [span | {"conduct": "odd"}]},
        {"spans": [span | {"flag": "backfire"}]},
        {"active_seconds": -1},
        {"reviewer": 1},
    ):
        assert problem(call("POST", address, {**good, **odd})) == (422, "invalid_input"), odd
    assert not Review.objects.exists()
    assert call("POST", address, {**good, "spans": [span]}).status_code == 201
