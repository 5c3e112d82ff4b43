"""Stories over the API: lists, filters, one story, and what is kept from whoever may still have to judge it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import add_items, claim
from annotations.models import Decision, Queue, Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.calibration.models import Exposure
from curation.stories.actions import request_rewrite
from curation.stories.models import Lineage
from tests.api import Caller, problem
from tests.builders import (
    add_story,
    answers,
    check,
    default_rubric,
    person,
    queue_of,
    review_by,
    scored_stories,
    source,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> Caller:
    return Caller(person(Role.CURATOR))


def ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer["results"]]


def test_a_list_is_walked_page_by_page_at_the_same_cost(curator: Caller) -> None:
    stories = [add_story(of=of, principles=["honesty"]) for of in [source("harbour")] * 7]
    curator.get("stories")  # The first use of a token is noted.
    seen, address, counts = [], "stories?limit=3", []
    while address:
        with CaptureQueriesContext(connection) as made:
            page = curator.get(address)
        counts.append(len(made))
        seen += ids(page)
        address = page["next"].removeprefix("http://testserver") if page["next"] else ""
    assert seen == [story.pk for story in reversed(stories)]
    assert set(counts) == {counts[0]}, "no statement for a row, and none for a page further on"
    assert counts[0] <= 5


def test_the_list_tells_of_each_story_what_the_browser_shows(curator: Caller) -> None:
    first = add_story("The pilot said no.", title="Pilot", of=source("north"), principles=["honesty"], language="de")
    add_story("Another tug.")
    (row,) = curator.get("stories?source=north&principle=honesty")["results"]
    assert row["id"] == first.pk
    assert (row["title"], row["source"], row["state"], row["language"]) == ("Pilot", "north", "stored", "de")
    assert row["opening"] == "The pilot said no."
    assert row["tags"] == [{"kind": "principle", "key": "honesty", "source": "import"}]
    assert "text" not in row
    assert ids(curator.get("stories?language=German")) == ids(curator.get("stories?language=de")) == [first.pk]
    assert ids(curator.get("stories?state=blocked")) == []
    assert problem(curator("GET", "stories?language=Elvish")) == (422, "invalid_input")
    assert problem(curator("GET", "stories?state=lost")) == (422, "invalid_input")
    assert problem(curator("GET", "stories?sauce=north")) == (422, "invalid_input")


def test_a_story_tells_where_it_comes_from_and_what_it_descends_from(curator: Caller) -> None:
    parent, child = add_story(title="Before"), add_story("After.\r\nThe tug.", title="After", model="unused")
    Lineage.objects.create(child=child, parent=parent, kind="rewrite")
    answer = curator("GET", f"stories/{child.pk}")
    told = answer.json()
    assert told["text"] == "After.\nThe tug."
    assert told["original"] == {"model": "unused"}
    assert told["lineage"] == {"made_from": [{"id": parent.pk, "title": "Before", "kind": "rewrite"}], "made_into": []}
    assert curator.get(f"stories/{parent.pk}/lineage")["made_into"][0]["id"] == child.pk
    assert curator("GET", f"stories/{child.pk}", If_None_Match=answer["ETag"]).status_code == 304


def test_findings_name_their_passage(curator: Caller) -> None:
    story = add_story("The tug waited. As an AI language model, I cannot go on. [INSERT NAME HERE]")
    check([])
    told = curator.get(f"stories/{story.pk}")
    passages = [found for found in told["checks"] if found["start"] is not None]
    assert passages
    assert all(found["quote"] == told["text"][found["start"] : found["end"]] for found in passages)
    assert ids(curator.get(f"stories?finding={told['checks'][0]['kind']}")) == [story.pk]


def test_decisions_come_with_reasons_and_go_on_record(curator: Caller) -> None:
    reader, story = person(), add_story()
    queue = queue_of(reader, stories=[story], overlap=1)
    assert curator.get(f"stories/{story.pk}/decisions")["decisions"] == []
    review_by(reader, queue)
    said = curator.get(f"stories/{story.pk}/decisions")
    assert [decision["outcome"] for decision in said["decisions"]] == ["accept"]
    assert all(reason["text"] for reason in said["decisions"][0]["reasons"])
    assert [decision["stands"] for decision in said["decisions"]] == [True]
    (review,) = said["reviews"]
    assert (review["reader"], review["answers"]["ratings"]["A1"]) == (1, 4)
    assert "active_seconds" not in review["answers"], "how long a reader took is theirs"
    assert reader.username not in str(said)
    assert Recusal.objects.filter(user=curator.user, story=story, saw="reviews").exists()


def test_nothing_is_told_to_who_may_still_be_asked_to_review(curator: Caller) -> None:
    reader, story = person(), add_story()
    review_by(reader, queue_of(reader, stories=[story], overlap=1))
    add_items(actor=SYSTEM, queue=queue_of(curator.user), stories=[story], kind="audit")
    assert curator.get(f"stories/{story.pk}/decisions") == {
        "kept_back": True,
        "decisions": [],
        "reviews": [],
        "extras": [],
    }
    told = curator.get(f"stories/{story.pk}")
    assert (told["state"], told["n_reviews"]) == ("queued", None)
    assert ids(curator.get("stories?state=accepted")) == []
    assert ids(curator.get("stories?state=queued")) == [story.pk]
    history = curator.get(f"stories/{story.pk}/history")["results"]
    assert "accepted" not in str(history)
    assert not Recusal.objects.filter(user=curator.user).exists()


def test_scores_are_shown_to_who_asks_and_it_goes_on_record(curator: Caller) -> None:
    (story,) = scored_stories(1)
    assert curator.get(f"stories/{story.pk}/scores") == {"shown": False, "scores": [], "findings": []}
    assert not Exposure.objects.exists()
    asked = curator.post(f"stories/{story.pk}/scores")
    assert asked["shown"]
    assert {score["judge"] for score in asked["scores"]} == {"embedded"}
    assert Exposure.objects.get(recusal__user=curator.user, recusal__story=story).where == "api"
    assert curator.get(f"stories/{story.pk}/scores") == asked


def test_who_reads_a_story_is_shown_no_score(curator: Caller) -> None:
    (story,) = scored_stories(1)
    queue = queue_of(curator.user, stories=[story])
    claim(reviewer=curator.user, queue=queue)
    assert problem(curator("POST", f"stories/{story.pk}/scores")) == (409, "conflict")
    assert not Exposure.objects.exists()


def test_flags_of_readers_are_listed_once_it_is_on_record(curator: Caller) -> None:
    reader, story = person(), add_story()
    queue = queue_of(reader, stories=[story], overlap=1)
    review_by(reader, queue, answers(flags={"eval_analogue": {}}))
    assert curator.get("stories")["results"][0]["flags"] == []
    assert curator.get("stories?flag=eval_analogue")["results"][0]["flags"] == ["eval_analogue"]
    assert Recusal.objects.filter(user=curator.user, story=story).exists()


def test_no_other_site_makes_somebody_look(curator: Caller) -> None:
    reader, story = person(), add_story()
    review_by(reader, queue_of(reader, stories=[story], overlap=1))
    browser = Client(raise_request_exception=False)
    browser.force_login(curator.user)
    decision, slug = Decision.objects.get(story=story), Queue.objects.get().slug
    for address in (
        reverse("api:story_decisions", args=[story.pk]),
        reverse("api:stories") + "?flag=eval_analogue",
        reverse("api:rewrite_requests"),
        reverse("api:adjudications"),
        reverse("api:adjudication", args=[story.pk]),
        reverse("api:decisions"),
        reverse("api:decision", args=[decision.pk]),
        reverse("api:queue_passes", args=[slug]),
    ):
        answer = browser.get(address, headers={"Sec-Fetch-Site": "cross-site"})
        assert problem(answer) == (403, "not_allowed")
    assert not Recusal.objects.exists()


def test_sources_are_made_once(curator: Caller) -> None:
    answer = curator("POST", "sources", {"name": "Harbour Press", "license": "CC-BY-4.0"}, Idempotency_Key="one")
    assert answer.status_code == 201
    made = answer.json()
    assert curator.get(answer["Location"]) == made
    assert (made["name"], made["title"]) == ("harbour-press", "Harbour Press")
    again = curator("POST", "sources", {"name": "Harbour Press", "license": "CC-BY-4.0"}, Idempotency_Key="one")
    assert (again.status_code, again.json()) == (201, made)
    assert problem(curator("POST", "sources", {"name": "harbour press"})) == (409, "conflict")
    assert problem(curator("POST", "sources", {"name": "!!!"})) == (422, "invalid_input")
    assert [row["id"] for row in curator.get("sources")["results"]] == [made["id"]]


def test_many_stories_are_tagged_at_once_and_once_only(curator: Caller) -> None:
    default_rubric()
    stories = [add_story() for _ in range(3)]
    body = {
        "stories": [story.pk for story in stories],
        "tags": [{"kind": "principle", "key": "honesty"}, {"kind": "note", "key": " Storm  at sea"}],
    }
    with CaptureQueriesContext(connection) as made:
        assert curator.post("tags", body) == {"added": 6}
    assert len(made) <= 8
    assert curator.post("tags", body) == {"added": 0}
    assert Entry.objects.filter(verb="story.tagged", actor=curator.user).count() == 6
    told = curator.get(f"stories/{stories[0].pk}/tags")["results"]
    assert [(tag["kind"], tag["key"], tag["source"]) for tag in told] == [
        ("note", "Storm at sea", "curator"),
        ("principle", "honesty", "curator"),
    ]
    assert curator.post(f"stories/{stories[0].pk}/tags", {"tags": body["tags"]}) == {"added": 0}
    history = curator.get(f"stories/{stories[0].pk}/history")["results"]
    assert {entry["verb"] for entry in history} == {"story.tagged"}
    assert history[0]["by"] == curator.user.shown_name


def test_a_tag_is_known_and_its_story_too(curator: Caller) -> None:
    default_rubric()
    story = add_story()
    tag = {"kind": "principle", "key": "villainy"}
    assert problem(curator("POST", f"stories/{story.pk}/tags", {"tags": [tag]})) == (422, "invalid_input")
    sent = {"stories": [story.pk, story.pk + 1], "tags": [{"kind": "note", "key": "storm"}]}
    answer = curator("POST", "tags", sent)
    assert problem(answer) == (404, "not_found")
    assert answer.json()["stories"] == [story.pk + 1]
    assert not story.tags.exists()


def test_rewrites_are_told_to_who_needs_not_judge_them_blind(curator: Caller) -> None:
    one, other = add_story(title="One"), add_story()
    for story in (one, other):
        request_rewrite(story=story, reason="The end is rushed.", actor=SYSTEM)
    queue_of(curator.user, stories=[other])
    assert curator.get("rewrite-requests?open=false")["results"] == []
    (told,) = curator.get("rewrite-requests?open=true")["results"]
    assert (told["story_id"], told["title"], told["reason"], told["by"]) == (one.pk, "One", "The end is rushed.", None)
    assert list(Recusal.objects.values_list("story", "saw")) == [(one.pk, "reviews")]


def test_a_standard_is_read_changed_and_imported_again(curator: Caller) -> None:
    default_rubric()
    (listed,) = curator.get("standards/policy")["results"]
    whole = Caller(person()).get(f"standards/policy/{listed['id']}")
    content = whole["content"] | {"version": 2}
    sent = {"content": json.dumps(content), "rubric_id": listed["rubric_id"]}
    answer = curator("POST", "standards", sent)
    assert answer.status_code == 201
    assert curator.get(answer["Location"])["content"] == content
    assert [row["version"] for row in curator.get("standards/policy")["results"]] == [2, 1]
    assert problem(curator("POST", "standards", {"content": "rules: ["})) == (422, "invalid_input")
    assert problem(curator("GET", "standards/rules/1")) == (404, "not_found")
    assert problem(curator("GET", "standards/rules")) == (404, "not_found")
