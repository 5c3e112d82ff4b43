"""Stories over the API: lists, filters, one story, and what is kept from whoever may still have to judge it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import add_items, claim
from annotations.models import Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.calibration.models import Exposure
from curation.stories.models import Lineage
from tests.api import Caller, problem
from tests.builders import add_story, answers, check, person, queue_of, review_by, scored_stories, source

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
    assert ids(curator.get("stories?state=blocked")) == []
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
    assert said["reviews"][0]["ratings"]["A1"] == 4
    assert said["reviews"][0]["reader"] == 1
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
    for address in (reverse("api:story_decisions", args=[story.pk]), reverse("api:stories") + "?flag=eval_analogue"):
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
