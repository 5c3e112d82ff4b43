"""Each event is told by the action that it is about, in that action's transaction and without anything secret."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from annotations.actions import add_items, adjudicate, submit, undo_adjudication, withdraw
from annotations.actions.claiming import claim
from annotations.actions.completing import complete_queues
from annotations.models import Decision, Review
from annotations.schema import parse_submission
from annotations.tasks import expire
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.calibration.actions import record_probe
from curation.releases.actions import approve, build, start_release, withdraw_version
from curation.scoring.actions import create_jobs, ensure_embedded_judge
from curation.scoring.actions.announcing import tell_of_stories
from curation.scoring.actions.jobs import jobs_of, take_jobs
from curation.scoring.actions.runs import finish_runs
from curation.scoring.models import ScoreRun
from curation.scoring.models.job import JobState
from curation.stories.actions import importing, start_import
from curation.stories.actions.importing import claim as claim_import
from curation.stories.actions.importing import run_import
from curation.stories.models import ImportRun
from curation.webhooks.actions import create_endpoint
from curation.webhooks.events import EVENTS
from curation.webhooks.models import Delivery, Message
from tests.builders import (
    accepted_stories,
    add_story,
    answers,
    built_release,
    check,
    checked_stories,
    dataset,
    default_rubric,
    disputed_story,
    person,
    queue_of,
    review_by,
    scored_stories,
    source,
)
from tests.judging import answer_all, kept, llm_judge, settled, started_run, take
from tests.plans import rows_read, steps_of

pytestmark = pytest.mark.django_db
TEXT = "The tug asked the harbour master twice, and then it waited, because nobody had answered it."


def listen(*events: str, **fields: Any) -> None:
    create_endpoint(
        actor=SYSTEM, name=str(uuid4()), url="https://hooks.example.org/", events=events or tuple(EVENTS), **fields
    )


def heard() -> list[tuple[str, dict[str, Any]]]:
    return [(one.event, json.loads(one.body)["data"]) for one in Message.objects.order_by("pk")]


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture(autouse=True)
def nothing_secret_is_told() -> Iterator[None]:
    """No text of a story, no rating and no word of a reviewer is in any message of any of these tests."""
    yield
    for message in Message.objects.all():
        assert "harbour" not in message.body
        secret = {"value", "values", "ratings", "score", "outcome", "reviewer", "text"}
        assert not secret & words(json.loads(message.body))


def words(told: Any) -> set[str]:
    """Every key in a document."""
    if not isinstance(told, dict):
        return set()
    return set(told) | {word for part in told.values() for word in words(part)}


def test_a_review_is_told_once_and_a_decision_with_it() -> None:
    listen("review.submitted", "decision.made")
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[story := add_story(TEXT)])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    key, submission = uuid4(), parse_submission(answers(3), assignment.rubric)
    for _ in range(2):
        review = submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=key)
    where = {"story": story.pk, "queue": queue.slug}
    told = {"object": "review", "id": review.pk, "url": f"/api/v1/reviews/{review.pk}", **where}
    assert heard() == [("review.submitted", told)]
    review_by(ben, queue)
    decision = Decision.objects.get()
    assert heard()[2:] == [
        (
            "decision.made",
            {"object": "decision", "id": decision.pk, "url": f"/api/v1/decisions/{decision.pk}", **where},
        )
    ]


def test_every_decision_is_told_also_one_that_is_taken_back() -> None:
    listen("decision.made")
    curator, annie = person(Role.CURATOR), person()
    story = disputed_story()
    decision = adjudicate(actor=curator, story=story, outcome="accept", note="Both have a point.")
    undo_adjudication(actor=curator, decision=decision)
    accepted_stories(1, annie, person())
    withdraw(reviewer=annie, review=Review.objects.get(reviewer=annie), reason="Too quick.")
    told = [data["id"] for _event, data in heard()]
    assert told == list(Decision.objects.order_by("pk").values_list("pk", flat=True))
    assert len(told) == 5


def test_a_submit_takes_no_statement_more_whether_somebody_listens_or_not() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story(), add_story()])
    taken = []
    for listened in (False, True):
        if listened:
            listen("review.submitted", "decision.made")
        review_by(annie, queue)
        assignment = claim(reviewer=ben, queue=queue)
        assert assignment is not None
        submission = parse_submission(answers(), assignment.rubric)
        with CaptureQueriesContext(connection) as made:
            submit(reviewer=ben, assignment=assignment, submission=submission, idempotency_key=uuid4())
        taken.append(len(made))
    assert taken[0] == taken[1]
    assert Delivery.objects.count() == 3


def test_scores_are_told_by_slice_and_each_story_to_whoever_asks() -> None:
    listen("story.scored", each_story=True)
    listen("story.scored")
    stories = scored_stories(3)
    judge = "embedded"
    slice_told = {"object": "judge", "id": judge, "url": f"/api/v1/judges/{judge}", "version": 1, "stories": 3}
    told = heard()
    assert [data for _event, data in told if data["object"] == "judge"] == [slice_told]
    each = sorted(data["id"] for _event, data in told if data["object"] == "story")
    assert each == [story.pk for story in stories]
    assert Delivery.objects.count() == 2 + 3


def test_a_run_is_told_when_it_is_over_and_each_story_when_it_has_all_its_samples() -> None:
    listen("story.scored", each_story=True)
    stories = checked_stories(2)
    run = started_run(llm_judge("Reader", samples=2), stories)
    assert finish_runs() == 0
    answer_all(run)
    each = sorted(data["id"] for _event, data in heard() if data["object"] == "story")
    assert each == [story.pk for story in stories]
    assert (finish_runs(), finish_runs()) == (1, 0)
    assert ScoreRun.objects.get().state == "done"
    (got,) = [data for _event, data in heard() if data["object"] == "run"]
    told = {"judge": "reader", "version": 1, "stories": 2}
    assert got == {"object": "run", "id": run.pk, "url": f"/api/v1/runs/{run.pk}", **told}


def test_a_story_is_not_told_while_another_of_its_samples_is_asked_for() -> None:
    listen("story.scored", each_story=True)
    run = started_run(llm_judge("Reader", samples=2), checked_stories(1))
    first, second = take(run, limit=1), take(run, limit=1)
    settled(run, first, kept(run, first))
    assert not heard()
    settled(run, second, kept(run, second))
    assert [data["object"] for _event, data in heard()] == ["story"]


def test_what_waits_is_not_looked_through_to_tell_of_a_slice() -> None:
    """All jobs would be read again for each slice, of which there are more the more wait."""
    version = ensure_embedded_judge(rubric=default_rubric())
    listen("story.scored", each_story=True)
    checked_stories(150)
    create_jobs()
    lease = take_jobs(slot=1, limit=10)
    assert lease is not None
    those = [job.story for job in jobs_of(lease)]
    with lease.storing():
        lease.end(JobState.DONE, done_at=Now(), slot=None)
    tell = partial(tell_of_stories, version=version.pk, stories=those)
    for steps in steps_of(tell, "scoring_scorejob", "scoring_scorejob"):
        jobs = [step for step in steps if step.get("Relation Name") == "scoring_scorejob"]
        assert 0 < rows_read(jobs) <= 2 * len(those)


def test_a_judge_that_has_drifted_is_told_once() -> None:
    listen("judge.drifted")
    version = ensure_embedded_judge(rubric=default_rubric())
    [story] = checked_stories(1)
    for value in (3.0, 3.0, 4.0, 4.0):
        record_probe(version=version, answers={story.pk: {"B1": value}})
    ((event, data),) = heard()
    assert (event, data["id"], data["version"], data["stories"]) == ("judge.drifted", version.judge.key, 1, 1)


def test_a_release_is_told_when_it_is_built() -> None:
    accepted_stories(1)
    listen("release.built")
    release = built_release(dataset("told"))
    release.refresh_from_db()
    told = {"dataset": "exempla/told", "version": "v0.1.0", "manifest_sha256": release.manifest_sha256}
    (got,) = heard()
    assert resolve(got[1]["url"]).view_name == "api:release"
    assert got == (
        "release.built",
        {"object": "release", "id": release.pk, "url": "/api/v1/datasets/exempla/told/releases/v0.1.0", **told},
    )


def test_a_release_that_awaits_approval_is_told_of_once_it_is_approved(settings: Any) -> None:
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = True
    accepted_stories(1)
    listen("release.built")
    asked = start_release(actor=person(Role.CURATOR), dataset=dataset("told"), version="v0.1.0")
    release = build(release=asked)
    assert heard() == []
    approve(actor=person(Role.CURATOR), approval=release.approvals.get())
    (got,) = heard()
    assert (got[0], got[1]["id"], got[1]["manifest_sha256"]) == ("release.built", release.pk, release.manifest_sha256)


def test_a_release_is_told_when_it_is_withdrawn() -> None:
    accepted_stories(1)
    listen("release.withdrawn")
    release = built_release(dataset("told"))
    withdraw_version(actor=SYSTEM, release=release, reason="The splits were mixed up.")
    (got,) = heard()
    url = "/api/v1/datasets/exempla/told/releases/v0.1.0"
    told = {"object": "release", "id": release.pk, "url": url, "dataset": "exempla/told", "version": "v0.1.0"}
    assert got == ("release.withdrawn", told)


@pytest.mark.parametrize("state", ["done", "failed"])
def test_an_import_is_told_when_it_is_done_or_has_failed(tmp_path: Path, state: str) -> None:
    listen("import.finished")
    file = tmp_path / "mine.csv"
    file.write_text("text\nA tug waited.\nA tug waited.\n")
    run = start_import(actor=SYSTEM, source=source(), path=file)
    if state == "failed":
        (tmp_path / "home").rename(tmp_path / "gone")
    claimed = claim_import()
    assert claimed is not None
    run = run_import(run=claimed)
    counts = {"created": run.created, "duplicates": run.duplicates, "rejected": run.rejected}
    told = {"object": "import", "id": run.pk, "url": f"/api/v1/imports/{run.pk}", "source": run.source_id}
    assert (run.state, heard()) == (state, [("import.finished", {**told, "state": state, **counts})])


@pytest.mark.parametrize("ends", ["at the last of its tries", "with several workers"])
def test_an_import_that_is_given_up_is_told_of_once(tmp_path: Path, ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listen("import.finished")
    file = tmp_path / "mine.csv"
    file.write_text("text\nA tug waited.\n")
    run = start_import(actor=SYSTEM, source=source(), path=file)
    claimed = claim_import()
    assert claimed is not None
    ImportRun.objects.filter(pk=run.pk).update(attempts=99, by_token=claimed.token)
    if ends == "at the last of its tries":
        monkeypatch.setattr(importing, "store", lambda **_: (_ for _ in ()).throw(OperationalError("away")))
        run_import(run=claimed)
    else:
        ImportRun.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00Z", by_token=claimed.token)
    assert [claim_import(), claim_import()] == [None, None]
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.finished_at is not None
    ((event, data),) = heard()
    assert (event, data["id"], data["state"]) == ("import.finished", run.pk, "failed")
    assert Entry.objects.filter(verb="import.failed", target_id=str(run.pk)).count() == 1


def test_a_queue_is_told_of_once_when_its_last_review_is_in_and_again_after_it_got_more() -> None:
    listen("queue.completed")
    annie = person()
    queue, empty = queue_of(annie, stories=[add_story()], overlap=1), queue_of(annie)
    assert complete_queues() == 0, "nothing is read"
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert complete_queues() == 0, "one is being read"
    review_by(annie, queue)
    assert [complete_queues(), complete_queues()] == [1, 0]
    told = {"object": "queue", "id": queue.slug, "url": f"/api/v1/queues/{queue.slug}"}
    assert heard() == [("queue.completed", told)]
    assert Entry.objects.filter(verb="queue.completed", actor=None, target_id=str(queue.pk)).count() == 1
    check([story := add_story()])
    add_items(actor=SYSTEM, queue=queue, stories=[story])
    assert complete_queues() == 0
    queue.refresh_from_db()
    assert queue.completed_at is None
    review_by(annie, queue)
    expire()
    assert len(heard()) == 2
    empty.refresh_from_db()
    assert empty.completed_at is None
