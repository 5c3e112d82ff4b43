"""Judges and their runs over the API: set up, estimated, started, watched; and how good they are."""

from typing import Any

import pytest

from annotations.models import Item
from annotations.models.queue import ItemKind
from curation.accounts.models import Role
from curation.calibration.actions.measuring import measure
from curation.scoring.actions import ensure_embedded_judge
from curation.scoring.models import Score, ScoreRun
from curation.standards.queries import current_constitution
from curation.triage.actions import start_due_runs
from tests.api import Caller, problem
from tests.builders import default_rubric, labelled_stories, person, queue_of, scored_stories
from tests.judging import MODEL, answer_all, llm_judge, provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> Caller:
    return Caller(person(Role.CURATOR))


def test_a_judge_is_set_up_estimated_started_watched_and_put_to_rest(curator: Caller) -> None:
    first, second = scored_stories(2)
    answers_by = provider(default_model=MODEL)
    asked = {
        "name": "Careful",
        "provider": answers_by.pk,
        "rubric": default_rubric().pk,
        "constitution": current_constitution().pk,
        "max_output_tokens": 900,
    }
    made = curator("POST", "judges", asked)
    assert (made.status_code, made["Location"]) == (201, "/api/v1/judges/careful"), made.content
    [version] = made.json()["at_work"]
    assert (version["model"], version["samples"], version["calibration_status"]) == (MODEL, 1, "uncalibrated")
    whole = curator.get("judges/careful/versions/1")
    assert "{{criteria}}" in whole["prompt"]["judging"]
    assert (whole["answers"], whole["combines"]) == ({"total": 0, "faults": []}, None)
    run = curator.post("runs", {"version": version["id"], "stories": [first.pk, second.pk]})
    assert (run["state"], run["total"], run["limit_micro_usd"]) == ("estimated", 2, None)
    assert run["estimated_micro_usd"] > 0
    here = f"runs/{run['id']}"
    started = curator.post(f"{here}/start", {"limit_micro_usd": 5_000_000}, Idempotency_Key="start")
    assert (started["state"], started["progress"]["waiting"]) == ("starting", 0)
    assert start_due_runs() == 1
    assert curator.get(here)["progress"]["waiting"] == 2
    again = curator("POST", f"{here}/start", {"limit_micro_usd": 5_000_000})
    assert problem(again) == (409, "conflict")
    assert again.json()["current"]["state"] == "running"
    answer_all(ScoreRun.objects.get(pk=run["id"]))
    now = curator.get(here)
    assert (now["progress"]["done"], now["spent_micro_usd"] > 0) == (2, True)
    assert curator.post(f"{here}/pause")["paused_by"] == "person"
    assert curator.post(f"{here}/resume", {"limit_micro_usd": 6_000_000})["limit_micro_usd"] == 6_000_000
    assert curator.post(f"{here}/cancel")["state"] == "cancelled"
    assert [one["id"] for one in curator.get("runs?judge=careful&state=cancelled")["results"]] == [run["id"]]
    assert curator.get("runs?state=running")["results"] == []
    assert curator.post("judges/careful/retire")["at_work"] == []


def test_a_version_takes_the_place_of_the_one_before(curator: Caller) -> None:
    before = llm_judge("Reader", actor=curator.user)
    asked = {"provider": before.provider_id, "rubric": before.rubric_id, "constitution": before.constitution_id}
    refused = curator("POST", "judges/reader/versions", asked)
    assert (problem(refused), refused.json()["detail"][:14]) == ((422, "invalid_input"), "Name the model")
    made = curator("POST", "judges/reader/versions", {**asked, "model": "other", "samples": 3})
    assert (made.status_code, made["Location"]) == (201, "/api/v1/judges/reader/versions/2")
    assert [(one["number"], one["at_work"]) for one in curator.get("judges/reader/versions")["results"]] == [
        (2, True),
        (1, False),
    ]
    unknown = curator("POST", "judges/reader/versions", {**asked, "provider": 2**70})
    assert list(unknown.json()["errors"]) == ["provider"]


def test_imports_are_scored_by_a_rule_until_it_is_ended(curator: Caller) -> None:
    llm_judge("Reader", actor=curator.user)
    rule = curator("POST", "judges/reader/rules", {"limit_micro_usd": 250_000})
    assert (rule.status_code, rule.json()["source"]) == (201, None)
    assert problem(curator("POST", "judges/reader/rules", {"limit_micro_usd": 1})) == (409, "conflict")
    assert problem(curator("POST", "judges/reader/rules", {"limit_micro_usd": 0})) == (422, "invalid_input")
    assert curator("DELETE", rule["Location"]).status_code == 204
    assert curator.get("judges/reader/rules")["results"] == []


def test_quality_and_agreement_are_told_as_on_the_pages(curator: Caller) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    queue = labelled_stories([1, 2, 3, 4, 5, 4], reviewers=2)
    before = curator.get("judges/embedded/quality")
    assert (before["criteria"], before["probe"], before["anchoring"]) == ([], None, None)
    criterion = version.rubric.criteria.get(key="B1")
    Score.objects.bulk_create(
        Score(story_id=story, judge_version=version, criterion=criterion, value=3, standard_deviation=0.5)
        for story in queue.items.values_list("story_id", flat=True)
    )
    measure(version=version)
    said = curator.get("judges/embedded/quality")
    assert (said["version"], said["trust"]["held"], said["trust"]["n"]) == (version.number, 0, 6)
    [b1] = [one for one in said["criteria"] if one["key"] == "B1"]
    assert (b1["measured"]["n"], b1["enough"], b1["as_second_reviewer"]) == (6, False, "not_yet")
    assert said["pool"]["passing"] is None or said["pool"]["passing"]["value"] is None
    agreed = curator.get(f"agreement?queue={queue.slug}")
    assert (agreed["rubric"], agreed["queue"]) == (queue.rubric_id, queue.slug)
    assert agreed["criteria"][0]["alpha"] == 1.0
    assert agreed["criteria"][0]["stories"] == 6
    other = queue_of(person())
    assert curator.get(f"agreement?queue={other.slug}")["criteria"][0]["alpha"] is None


def test_an_audit_is_drawn_into_a_queue(curator: Caller) -> None:
    stories, queue = scored_stories(2), queue_of(person())
    drawn = curator("POST", "audit-samples", {"queue": queue.slug, "stories": 2}, Idempotency_Key="one")
    assert (drawn.status_code, drawn.json()["stories"], drawn.json()["pool"]) == (201, 2, 2)
    assert Item.objects.filter(kind=ItemKind.AUDIT).count() == len(stories)
    assert problem(curator("POST", "audit-samples", {"queue": queue.slug, "stories": 1})) == (409, "conflict")


def test_scores_stay_out_of_reviewers_sight_by_every_address() -> None:
    annotator, researcher = Caller(person()), Caller(person(Role.RESEARCHER))
    for who in (annotator, researcher):
        for path in ("judges", "judges/embedded", "judges/embedded/quality", "runs", "scoring", "agreement"):
            assert problem(who("GET", path)) == (403, "not_allowed")


def test_lists_cost_the_same_however_long(curator: Caller, django_assert_num_queries: Any) -> None:
    versions = [llm_judge(actor=curator.user) for _number in range(3)]
    [story] = scored_stories(1)
    for version in versions:
        curator.post("runs", {"version": version.pk, "stories": [story.pk]})
    curator.get("judges")
    with django_assert_num_queries(3):
        curator.get("judges")
    with django_assert_num_queries(2):
        curator.get("runs")
    with django_assert_num_queries(3):
        curator.get(f"judges/{versions[0].judge.key}/versions")
