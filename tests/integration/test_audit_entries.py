"""Every action leaves its own audit rows: who, what, on which object, with which data, and nothing besides."""

import ast
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as project
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from annotations import actions
from annotations.actions import people as seats_of
from annotations.actions.completing import complete_queues
from annotations.actions.practising import practise
from annotations.actions.resuming import resume
from annotations.material import consent_version
from annotations.models import Assignment, PracticeAttempt
from annotations.practising import practice_stories
from annotations.schema import Submission, parse_submission
from curation.access.actions import (
    ask_for_access,
    decline_access,
    give_up,
    grant_access,
    revoke_access,
    write_terms,
)
from curation.accounts import invitations, people, tokens
from curation.accounts.actions import end_other_sessions, end_session, save_preferences
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.argilla import actions as argilla
from curation.argilla.listening import keep_listening
from curation.argilla.models import ArgillaPerson
from curation.audit.models import Entry
from curation.calibration.actions import draw_audit, record_probe, reveal_scores
from curation.erasure.actions import (
    approve_purge,
    ask_purge,
    decline_purge,
    erase_person,
    purge,
    retry_purge,
    take_purge_back,
)
from curation.llm.actions import (
    change_budget,
    change_provider,
    create_provider,
    install_named_providers,
    open_budget,
    remove_provider,
    set_price,
    try_provider,
)
from curation.publishing import actions as publishing
from curation.publishing.carrying import carry_out_due
from curation.publishing.models import Publication
from curation.ratings_import import actions as ratings_import
from curation.ratings_import.actions import fetches
from curation.ratings_import.looking import look
from curation.ratings_import.plan import RatingsImportPlan, columns_for
from curation.releases.actions import (
    abandon,
    approve,
    build,
    create_dataset,
    decline,
    describe_dataset,
    discard,
    draw_rerating,
    lift_limits,
    limit_person,
    note_download,
    retry,
    set_visibility,
    start_release,
    take_back,
    withdraw_story,
    withdraw_version,
)
from curation.releases.models import Release
from curation.releases.story_ids import public_id
from curation.research import actions as research
from curation.scoring.actions import (
    cancel_run,
    create_jobs,
    end_import_rule,
    ensure_embedded_judge,
    pause_run,
    rerun_failed,
    resume_run,
    retire_judge,
    retry_failed,
    set_import_rule,
    start_run,
    stop_run,
)
from curation.scoring.models import Judge, ScoreJob
from curation.scoring.models.run import PausedBy
from curation.standards.actions import install_defaults
from curation.standards.models import AcceptancePolicy, Constitution, Rubric
from curation.standards.queries import current_policy, current_rubric
from curation.standards.spec import spec_of
from curation.stories.actions import (
    add_stories,
    add_tag,
    advance,
    create_source,
    request_rewrite,
    resume_import,
    start_import,
    withdraw_rewrite,
)
from curation.stories.actions.importing import claim, run_import
from curation.stories.files import keep, key_of
from curation.stories.models import ImportRun, Story
from curation.stories.models.tag import TagKind
from curation.stories.stages import State
from curation.triage.actions import fill_due, make_queue, set_queue_judges
from curation.webhooks import actions as webhooks
from curation.webhooks.emitting import emit
from curation.webhooks.models import Delivery
from tests import builders, judging
from tests.argilla.running import Argilla
from tests.argilla_files import nested, to_disk
from tests.builders import default_rubric, scored_stories
from tests.hub_stand_in import TOKEN, Hub

pytestmark = pytest.mark.django_db
Row = tuple[str, int | None, str, dict[str, Any]]
# The demonstration's own two are looked for by the seed itself, whose tests run it twice; the change of a password is
# looked for where people sign in.
ELSEWHERE = {"demo.begun", "demo.seeded", "user.password_changed"}


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def argilla_there(argilla: Argilla) -> Argilla:
    """The Argilla server, by a name that is not that of the actions."""
    return argilla


class Log:
    """The entries since it was last asked."""

    def __init__(self) -> None:
        self.last = 0
        self.new()

    def new(self) -> list[Row]:
        found = list(Entry.objects.filter(pk__gt=self.last).order_by("pk"))
        self.last = found[-1].pk if found else self.last
        return [(row.verb, row.actor_id, f"{row.target_type}:{row.target_id}", row.data) for row in found]


def row(verb: str, actor: User | None, target: Model, **data: Any) -> Row:
    return (verb, actor.pk if actor else None, f"{target._meta.label_lower}:{target.pk}", data)


@pytest.fixture
def curator() -> User:
    return builders.person(Role.CURATOR)


@pytest.fixture
def annie() -> User:
    return builders.person()


def submitted(assignment: Assignment) -> Submission:
    return parse_submission(builders.answers(), assignment.rubric)


def test_running_a_queue(curator: User, annie: User) -> None:
    install_defaults()
    rubric, story = current_rubric(), builders.add_story()
    advance(stories=[story.pk], to=State.CHECKED)
    fields = {"name": "Sea", "slug": "sea", "rubric": rubric, "policy": current_policy(rubric)}
    log = Log()
    queue = actions.create_queue(actor=curator, **fields)
    assert log.new() == [row("queue.created", curator, queue, slug="sea", overlap=queue.overlap, reveal=queue.reveal)]
    for _ in range(2):
        actions.add_member(actor=curator, queue=queue, user=annie)
    assert log.new() == [row("queue.member_added", curator, queue, user=annie.pk)]
    actions.add_items(actor=curator, queue=queue, stories=[story])
    moved = ("story.moved", curator.pk, f"stories.story:{story.pk}", {"from": "checked", "to": "queued"})
    assert log.new() == [moved, row("queue.items_added", curator, queue, count=1, kind="normal")]
    for required in (True, True, False):
        actions.set_practice(actor=curator, queue=queue, required=required)
    assert [data["required"] for verb, _by, _on, data in log.new() if verb == "queue.practice_set"] == [True, False]
    for move, verb in (
        (actions.pause_queue, "queue.paused"),
        (actions.reopen_queue, "queue.open"),
        (actions.close_queue, "queue.closed"),
    ):
        move(actor=curator, queue=queue)
        assert log.new() == [row(verb, curator, queue)]
    for _ in range(2):
        actions.remove_member(actor=curator, queue=queue, user=annie)
    assert log.new() == [row("queue.member_removed", curator, queue, user=annie.pk)]


def test_reading_a_story(annie: User) -> None:
    ben = builders.person()
    queue = builders.queue_of(annie, ben, stories=[builders.add_story() for _ in range(3)], overlap=2)
    log = Log()
    assignment = actions.claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert log.new() == [row("assignment.claimed", annie, assignment, queue=queue.pk)]
    assert actions.claim(reviewer=annie, queue=queue) == assignment
    actions.save_draft(reviewer=annie, assignment=assignment, data={}, version=0)
    assert log.new() == [], "what one holds already, and drafts, are no news"
    for _ in range(2):
        actions.pass_on(reviewer=annie, assignment=assignment, reason="Not for me")
    assert log.new() == [row("assignment.passed", annie, assignment, reason="Not for me")]
    actions.take_pass_back(reviewer=annie, assignment=assignment)
    assert log.new() == [row("assignment.pass_taken_back", annie, assignment, queue=queue.pk)]
    actions.pass_on(reviewer=annie, assignment=assignment, reason="Not for me")
    assignment = actions.claim(reviewer=annie, queue=queue)
    assert assignment is not None
    Assignment.objects.filter(pk=assignment.pk).update(state="expired", ended_at=assignment.claimed_at)
    log.new()
    for _ in range(2):
        resume(reviewer=annie, assignment=assignment)
    assert log.new() == [row("assignment.resumed", annie, assignment, queue=queue.pk)]
    key = uuid4()
    for _ in range(2):
        review = actions.submit(
            reviewer=annie, assignment=assignment, submission=submitted(assignment), idempotency_key=key
        )
    assert log.new() == [row("review.submitted", annie, review, story=assignment.story_id)]
    actions.withdraw(reviewer=annie, review=review, reason="A slip")
    assert log.new() == [row("review.withdrawn", annie, review, story=assignment.story_id, reason="A slip")]
    for _ in range(2):
        actions.recuse(user=annie, story=assignment.story)
    assert log.new() == [row("story.recused", annie, assignment.story)]


def test_a_review_beyond_the_seats_and_one_revised(annie: User) -> None:
    ben, story = builders.person(), builders.add_story()
    queue = builders.queue_of(annie, ben, stories=[story], overlap=1)
    late = actions.claim(reviewer=annie, queue=queue)
    assert late is not None
    Assignment.objects.filter(pk=late.pk).update(lease_until=late.claimed_at)
    log = Log()
    assert actions.expire() == 1
    assert log.new() == [], "the end of a lease is nobody's doing"
    review = builders.review_by(ben, queue)
    log.new()
    for _ in range(2):
        complete_queues()
    assert log.new() == [row("queue.completed", None, queue)]
    extra = actions.submit(
        reviewer=annie, assignment=late, submission=submitted(late), idempotency_key=uuid4(), or_extra=True
    )
    assert log.new() == [row("review.kept_as_extra", annie, extra, story=story.pk)]
    actions.finalize_reviews(stories=[story.pk])
    key = uuid4()
    for _ in range(2):
        revision = actions.revise(
            reviewer=ben, review=review, submission=submitted(late), reason="The end.", idempotency_key=key
        )
    assert log.new() == [row("review.revised", ben, revision, story=story.pk, asks_curator=False)]


def test_adjudicating_and_seeing_scores(curator: User, annie: User) -> None:
    ben, story = builders.person(), builders.add_story()
    queue = builders.queue_of(annie, ben, stories=[story])
    passage = {"start": 0, "end": 5, "quote": story.text[:5], **builders.CONDUCT}
    builders.review_by(annie, queue, builders.answers(flags={"backfire": passage}))
    builders.review_by(ben, queue)
    log = Log()
    decision = actions.adjudicate(actor=curator, story=story, outcome="reject", note="Told badly.")
    assert [entry[0] for entry in log.new()] == ["story.moved", "story.adjudicated"]
    actions.undo_adjudication(actor=curator, decision=decision)
    assert log.new() == [
        row("story.moved", curator, story, **{"from": "rejected", "to": "adjudication"}),
        row("story.adjudication_undone", curator, story, outcome="reject"),
    ]
    actions.adjudicate(actor=curator, story=story, outcome="rewrite", note="Told badly.")
    assert log.new() == [
        row("story.moved", curator, story, **{"from": "adjudication", "to": "rewrite"}),
        row("story.adjudicated", curator, story, outcome="rewrite", flags={}),
        row("story.rewrite_requested", curator, story),
    ]
    assert withdraw_rewrite(story=story, actor=curator)
    assert not withdraw_rewrite(story=story, actor=curator)
    assert log.new() == [row("story.rewrite_withdrawn", curator, story)]
    for _ in range(2):
        request_rewrite(story=story, reason="Again.", actor=curator)
    assert log.new() == [row("story.rewrite_requested", curator, story)]
    [scored] = scored_stories(1)
    log.new()
    for _ in range(2):
        reveal_scores(user=curator, story=scored, rubric=default_rubric(), where="story")
    assert log.new() == [row("story.recused", curator, scored), row("scores.seen", curator, scored, where="story")]


def test_what_is_measured_of_judges_and_the_pool(curator: User) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    [story], queue, log = builders.checked_stories(1), builders.queue_of(), Log()
    draw_audit(actor=curator, queue=queue, stories=5)
    assert log.new() == [row("audit.drawn", curator, queue, count=1, pool=1)]
    for value in (3.0, 3.0, 4.0, 4.0):
        record_probe(version=version, answers={story.pk: {"B1": value}})
    assert log.new() == [row("judge_version.changed", None, version, moved=1.0, n=1)]


def test_what_people_say_of_themselves(annie: User) -> None:
    log = Log()
    answer = actions.give_consent(user=annie, version=consent_version(), publish=False)
    assert log.new() == [
        row("consent.answered", annie, answer, version=consent_version(), publish=False, language="en")
    ]
    for _ in range(2):
        save_preferences(user=annie, changes={"language": "de"})
    assert log.new() == [row("user.preferences_saved", annie, annie, changed=["language"])]
    end_other_sessions(user=annie)
    assert log.new() == [row("user.sessions_ended", annie, annie)]
    browser = builders.signed_in(annie)
    end_session(user=annie, pk=browser.pk)
    assert log.new() == [row("user.session_ended", annie, annie, browser="Firefox, Linux")]
    spec, story = spec_of(builders.default_rubric()), practice_stories()[0]
    submission = parse_submission(builders.answers(), current_rubric())
    log.new()
    practise(user=annie, story=story, submission=submission, spec=spec)
    attempt = PracticeAttempt.objects.get(user=annie)
    assert log.new() == [row("practice.attempted", annie, attempt, story=story.key, passed=attempt.passed)]


def test_an_account_made_and_changed(curator: User) -> None:
    admin = User.objects.create_superuser(username="root", password="a-long-password", role=Role.ADMIN)
    client = Client()
    client.force_login(admin)
    log = Log()
    secret = {"password1": "a-very-long-one", "password2": "a-very-long-one"}
    client.post(
        reverse("admin:accounts_user_add"), {"username": "zoe", "display_name": "", "role": "annotator", **secret}
    )
    zoe = User.objects.get(username="zoe")
    (made,) = log.new()
    assert made[:3] == row("user.created", admin, zoe)[:3]
    assert (made[3]["role"], "password1" in made[3]["changed"]) == ("annotator", False)
    form = {"username": "zoe", "display_name": "Zoe", "email": "", "role": "annotator", "is_active": "on"}
    client.post(reverse("admin:accounts_user_change", args=[zoe.pk]), form)
    assert log.new() == [row("user.changed", admin, zoe, role="annotator", changed=["display_name"])]


def test_people_invited_and_their_accounts() -> None:
    log = Log()
    invitation, secret = invitations.invite(actor=SYSTEM, role="annotator", days=3, note="Zoe")
    assert log.new() == [row("person.invited", None, invitation, role="annotator", days=3, note="Zoe")]
    zoe, _used = invitations.accept(secret=secret, username="zoe", display_name="", password="a-Very-long-one-9")
    assert log.new() == [row("invitation.accepted", zoe, zoe, role="annotator", invitation=invitation.pk)]
    other, _secret = invitations.invite(actor=SYSTEM, role="curator")
    log.new()
    for _ in range(2):
        invitations.withdraw_invitation(actor=SYSTEM, invitation=other)
    assert log.new() == [row("invitation.withdrawn", None, other, note="")]
    for _ in range(2):
        people.set_role(actor=SYSTEM, user=zoe, role="curator")
    assert log.new() == [row("user.role_changed", None, zoe, was="annotator", role="curator")]
    kept = {"orgs": ["Elsewhere"], "datasets": [dataset := builders.dataset("tales")]}
    log.new()
    for _ in range(2):
        limit_person(actor=SYSTEM, user=zoe, **kept)
    assert log.new() == [row("user.limited", None, zoe, was="", to=f"elsewhere/*, {dataset}")]
    for _ in range(2):
        lift_limits(actor=SYSTEM, user=zoe)
    assert log.new() == [row("user.limits_lifted", None, zoe, was=f"elsewhere/*, {dataset}")]
    actions.claim(reviewer=zoe, queue=builders.queue_of(zoe, stories=[builders.add_story()]))
    log.new()
    token, _secret = tokens.create_token(actor=zoe, user=zoe, name="script", scopes=["read"], days=9)
    assert log.new() == [row("token.created", zoe, token, name="script", scopes=["read"], days=9)]
    for _ in range(2):
        seats_of.close(actor=SYSTEM, user=zoe)
    told = [row("token.revoked", None, token, name="script")]
    told += [row("user.closed", None, zoe), row("user.seats_freed", None, zoe, count=1)]
    assert sorted(log.new(), key=lambda one: one[0]) == sorted(told, key=lambda one: one[0])
    for _ in range(2):
        people.reopen_account(actor=SYSTEM, user=zoe)
    assert log.new() == [row("user.reopened", None, zoe)]


def test_stories_and_their_tags(curator: User) -> None:
    log = Log()
    source = create_source(actor=curator, name="harbour", license="MIT")
    assert log.new() == [row("source.created", curator, source, name="harbour", license="MIT")]
    (story,) = add_stories(actor=curator, source=source, rows=[{"text": "The tug waited."}])
    assert log.new() == [row("stories.added", curator, source, rows=1, created=1)]
    for _ in range(2):
        add_tag(actor=curator, story=story, kind=TagKind.NOTE, key="storm")
    assert log.new() == [row("story.tagged", curator, story, kind="note", key="storm")]
    advance(stories=[story.pk], to=State.CHECKED, actor=curator)
    advance(stories=[story.pk], to=State.CHECKED, actor=curator)
    assert log.new() == [row("story.moved", curator, story, **{"from": "stored", "to": "checked"})]


def carry_out() -> None:
    run = claim()
    assert run is not None
    run_import(run=run)


def test_an_import_that_fails_and_is_taken_up_again(curator: User, tmp_path: Path) -> None:
    source, file = builders.source(), tmp_path / "a.jsonl"
    file.write_text(json.dumps({"text": "The tug waited for the pilot."}) + "\n")
    log = Log()
    run = start_import(actor=curator, source=source, path=file, mapping={"text": "text"})
    assert log.new() == [row("import.started", curator, run, file="a.jsonl", sha256=run.file_sha256)]
    kept = project.HOME / key_of(run.file_sha256)
    content = kept.read_bytes()
    kept.unlink()
    carry_out()
    none = {"created": 0, "duplicates": 0, "rejected": 0}
    assert log.new() == [row("import.failed", curator, run, **none)]
    kept.write_bytes(content)
    resume_import(actor=curator, run=ImportRun.objects.get(pk=run.pk))
    assert log.new() == [row("import.resumed", curator, run)]
    carry_out()
    assert log.new()[-1] == row("import.done", curator, run, **{**none, "created": 1})


def test_a_dataset_with_ratings_that_fails_and_is_taken_up_again(curator: User, tmp_path: Path) -> None:
    file = to_disk(tmp_path, [nested(0)])
    found, source = look(file, file.name), builders.source()
    log = Log()
    ratings = ratings_import.start_ratings_import(
        actor=curator,
        source=source,
        kept=keep(file),
        file_name=file.name,
        name="Tales",
        look=found,
        rubric=None,
        plan=RatingsImportPlan(columns_for(found), {}),
    )
    about = {"rubric": "Tales 1", "blind": False}
    assert log.new()[-1] == row("ratings_import.started", curator, ratings, **about)
    carry_out()
    kept = project.HOME / key_of(ratings.run.file_sha256)
    content = kept.read_bytes()
    kept.unlink()
    log = Log()
    ratings_import.carry_out_due()
    none = {"reviews": 0, "scores": 0, "not_kept": 0}
    assert log.new() == [row("ratings_import.failed", curator, ratings, **none)]
    kept.write_bytes(content)
    ratings_import.resume_ratings_import(actor=curator, ratings=ratings)
    assert log.new() == [row("ratings_import.resumed", curator, ratings)]
    ratings_import.carry_out_due()
    version = {"rubric": "Tales 1", "calibration_status": "uncalibrated", "n_labels": 0, "sha256": ""}
    absent = User.objects.filter(username__startswith="argilla-").order_by("pk")
    added = [row("user.added_absent", curator, user) for user in absent]
    assert log.new() == [
        *added,
        row("judge.created", curator, judge := Judge.objects.get(kind="imported"), key=judge.key),
        row("judge_version.activated", curator, judge.versions.get(), **version),
        row("ratings_import.done", curator, ratings, reviews=2, scores=1, not_kept=0),
    ]


def test_datasets_that_are_fetched_from_an_argilla_server(
    argilla_there: Argilla, curator: User, tmp_path: Path
) -> None:
    workspace, key = argilla_there.workspace()
    place = {"url": argilla_there.url, "workspace": workspace, "key": argilla_there.owner_key}
    server = argilla.create_server(actor=SYSTEM, name="Ours", **place)
    text = {"text": {"type": "text", "use_markdown": False}}
    rating = {"quality": {"type": "rating", "options": [{"value": n} for n in range(1, 6)]}}
    name = argilla_there.call("GET", f"datasets/{argilla_there.dataset(key, fields=text, questions=rating)}")["name"]
    log, at = Log(), {"host": server.host}
    here = fetches.start_fetch(actor=curator, server=server, name=name)
    gone = fetches.start_fetch(actor=curator, server=server, name="gone")
    fetches.start_fetch(actor=SYSTEM, server=server, name=name)
    assert log.new() == [
        row("dataset_fetch.started", curator, here, **at, name=name),
        row("dataset_fetch.started", curator, gone, **at, name="gone"),
    ], "who asks for what is under way starts nothing"
    fetches.fetch_due()
    assert log.new() == [
        row("dataset_fetch.done", curator, here, **at, name=name, records=0),
        row("dataset_fetch.failed", curator, gone, **at, name="gone"),
    ]
    third = fetches.start_fetch(actor=curator, server=server, name=name)
    fetches.cancel_fetch(actor=curator, fetching=third)
    assert log.new()[1:] == [row("dataset_fetch.cancelled", curator, third, **at, name=name)]


def test_standards_are_installed_once() -> None:
    log = Log()
    install_defaults()
    constitution, rubric, policy = Constitution.objects.get(), Rubric.objects.get(), AcceptancePolicy.objects.get()
    kept = {"criteria": rubric.criteria.count(), "flags": rubric.flags.count()}
    assert log.new() == [
        row("constitution.imported", None, constitution, principles=constitution.principles.count()),
        row("rubric.imported", None, rubric, **kept),
        row("policy.imported", None, policy, rubric=str(rubric)),
    ]
    install_defaults()
    assert log.new() == []


def test_judges_and_their_work(curator: User) -> None:
    rubric = builders.default_rubric()
    builders.checked_stories(2)
    log = Log()
    version = ensure_embedded_judge(rubric=rubric)
    ensure_embedded_judge(rubric=rubric)
    said = {"rubric": str(rubric), "calibration_status": "uncalibrated", "n_labels": 0, "sha256": ""}
    assert log.new() == [row("judge_version.activated", None, version, **said)]
    create_jobs()
    builders.failed(ScoreJob, "The judge was away.")
    log.new()
    for _ in range(2):
        retry_failed(actor=curator, version=version)
    assert log.new() == [row("scoring.retried", curator, version, jobs=2)]


def test_judges_of_language_models_and_their_runs(curator: User) -> None:
    stories, answers_by, queue = builders.checked_stories(1), judging.provider(), builders.queue_of()
    log = Log()
    version = judging.llm_judge("Reader", actor=curator, provider=answers_by)
    made = {"rubric": str(version.rubric), "provider": str(answers_by), "model": judging.MODEL}
    assert log.new() == [
        row("judge.created", curator, version.judge, key="reader"),
        row("judge_version.activated", curator, version, **made),
    ]
    run = judging.estimated_run(version, stories, actor=curator)
    assert log.new() == []
    everything = Story.objects.all()
    start_run(actor=curator, run=run, stories=everything, limit_micro_usd=1_000_000)
    assert log.new()[1:] == [row("score_run.started", curator, run, count=1, limit_micro_usd=1_000_000)]
    pause_run(actor=curator, run=run)
    resume_run(actor=curator, run=run, limit_micro_usd=1_000_000)
    stop_run(run=run, by=PausedBy.BUDGET, note="It is used up.")
    assert log.new() == [
        row("score_run.paused", curator, run, by="person"),
        row("score_run.resumed", curator, run),
        row("score_run.paused", None, run, by="budget"),
    ]
    resume_run(actor=curator, run=run)
    builders.failed(ScoreJob, "The answer was cut off.")
    for _ in range(2):
        rerun_failed(actor=curator, run=run)
    cancel_run(actor=curator, run=run)
    assert log.new() == [
        row("score_run.resumed", curator, run),
        row("score_run.retried", curator, run, count=1),
        row("score_run.cancelled", curator, run),
    ]
    rule = set_import_rule(actor=curator, judge=version.judge, source=None, limit_micro_usd=5)
    end_import_rule(actor=curator, rule=rule)
    set_queue_judges(actor=curator, queue=queue, orders=version.judge, shows=None)
    second = set_import_rule(actor=curator, judge=version.judge, source=None, limit_micro_usd=5, in_batches=True)
    retire_judge(actor=curator, judge=version.judge)
    assert log.new() == [
        row("import_rule.set", curator, rule, source="", limit_micro_usd=5),
        row("import_rule.ended", curator, rule),
        row("queue.judges_set", curator, queue, orders="reader", shows=""),
        row("import_rule.set", curator, second, source="", limit_micro_usd=5, in_batches=True),
        row("judge.retired", curator, version.judge),
        row("import_rule.ended", curator, second),
    ]


def test_a_queue_that_another_judge_puts_in_order(curator: User) -> None:
    builders.scored_stories(1)
    version, standards = judging.llm_judge(), builders.queue_of()
    queue, _fill = make_queue(
        actor=builders.person(Role.CURATOR), selection=builders.selection_of(order="high"), members=[], name="High",
        slug="high", rubric=standards.rubric, policy=standards.policy,
    )  # fmt: skip
    fill_due()
    log = Log()
    set_queue_judges(actor=curator, queue=queue, orders=version.judge, shows=None)
    fill_due()
    assert log.new() == [
        row("queue.judges_set", curator, queue, orders=version.judge.key, shows=""),
        row("queue.ordered", curator, queue, count=1),
    ]


def test_what_readers_send_and_curators_answer(curator: User, annie: User) -> None:
    builders.accepted_stories(1, builders.person(), builders.person())
    release = builders.built_release(builders.dataset())
    _split, [story] = builders.first_rows(release)
    log = Log()
    theirs, strangers = builders.reported(release, annie), builders.reported(release)
    assert log.new() == [
        row("report.sent", annie, theirs, key=story["id"], kind="text"),
        row("report.sent", None, strangers, key=story["id"], kind="text"),
    ]
    research.answer_report(actor=curator, report=theirs, answer="It is mended.")
    for _again in range(2):
        research.finish_report(actor=annie, report=theirs)
    assert log.new() == [
        row("report.answered", curator, theirs, key=story["id"]),
        row("report.finished", annie, theirs, key=story["id"]),
    ]
    first, second = builders.sent_outcome(release, annie), builders.sent_outcome(release, annie)
    research.decide_outcome(actor=curator, outcome=first, listed=True)
    research.decide_outcome(actor=curator, outcome=second, listed=False, reason="The link leads nowhere.")
    assert log.new() == [
        row("outcome.sent", annie, first, release="v0.1.0"),
        row("outcome.sent", annie, second, release="v0.1.0"),
        row("outcome.listed", curator, first, release="v0.1.0"),
        row("outcome.declined", curator, second, release="v0.1.0"),
    ]


def test_providers_prices_and_budgets(curator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, log = builders.person(Role.ADMIN), Log()
    where = "https://models.example.org/v1"
    provider = create_provider(actor=admin, name="Ours", kind="openai", base_url=where, key="sk-very-secret")
    assert log.new() == [row("provider.created", admin, provider, kind="openai", address=where)]
    for _again in range(2):
        change_provider(actor=admin, provider=provider, in_flight=4)
    assert log.new() == [row("provider.changed", admin, provider, changed=["in_flight"], key=False)]
    change_provider(actor=admin, provider=provider, key="sk-another")
    assert log.new() == [row("provider.changed", admin, provider, changed=[], key=True)]
    set_price(actor=admin, provider=provider, model="m", input=Decimal(1), output=Decimal(2))
    set_price(actor=admin, provider=provider, model="m", input=None, output=None)
    assert log.new() == [
        row("price.set", admin, provider, model="m", input="1", output="2"),
        row("price.set", admin, provider, model="m"),
    ]
    try_provider(actor=admin, provider=provider, model="m")
    assert log.new() == [row("provider.tested", admin, provider, model="m", error="price_unknown")]
    for _again in range(2):
        remove_provider(actor=admin, provider=provider)
    assert log.new() == [row("provider.removed", admin, provider)]
    budget = open_budget(actor=curator, limit_micro_usd=5, purpose="run 1")
    for _again in range(2):
        change_budget(actor=curator, budget=budget, limit_micro_usd=7)
    assert log.new() == [
        row("budget.opened", curator, budget, limit=5, purpose="run 1"),
        row("budget.changed", curator, budget, was=5, limit=7),
    ]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    for _again in range(2):
        (named,) = install_named_providers()
    made = row("provider.created", None, named, kind="openai", address="https://api.openai.com/v1")
    assert log.new() == [made]
    monkeypatch.setenv("OPENAI_BASE_URL", where)
    install_named_providers()
    assert log.new() == [row("provider.changed", None, named, changed=["base_url"], key=False)]


def test_targets_and_what_is_published_there(settings: Any, tmp_path: Path, curator: User) -> None:
    settings.HOME, settings.PUBLISHING_TO_PRIVATE_ADDRESSES = tmp_path, True
    admin = builders.person(Role.ADMIN)
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    with Hub() as hub:
        log, host = Log(), hub.url.partition("://")[2]
        target = publishing.create_target(
            actor=admin, dataset=release.dataset, repo="ours/tales", endpoint=hub.url, token=TOKEN
        )
        publishing.replace_token(actor=admin, target=target, token=TOKEN)
        about = {"dataset": str(release.dataset), "repo": "ours/tales", "host": host}
        assert log.new() == [
            row("hub_target.created", admin, target, **about),
            row("hub_target.token_replaced", admin, target, **about),
        ]
        for _again in range(2):
            copy = publishing.publish(actor=curator, release=release, target=target)
        hub.make("ours/tales").private = False
        carry_out_due()
        publishing.retry(actor=curator, publication=copy)
        publishing.make_public(actor=curator, publication=copy)
        carry_out_due()
        at = {"repo": "ours/tales", "host": host}
        version = {"version": str(release), **at}
        copy.refresh_from_db()
        assert log.new() == [
            row("publication.started", curator, copy, **version),
            row("publication.retried", curator, copy, **version),
            row("publication.public_asked", curator, copy, **version),
            row("release.published", None, release, commit=copy.commit, **at),
            row("hub_target.made_public", None, target, **at),
        ]
        Publication.objects.filter(pk=copy.pk).update(state="pending")
        Publication.objects.filter(pk=copy.pk).update(state="failed", found_head="0" * 40)
        publishing.accept_head(actor=curator, publication=copy, head="0" * 40)
        assert log.new() == [row("publication.accepted_head", curator, copy, commit="0" * 40, **version)]
        purge(purge=ask_purge(actor=admin, story=release.items.get().story, kind="law", reason="A court."))
        carry_out_due()
        gone = list(release.files.filter(blob__purged__isnull=False).values_list("path", flat=True))
        rows = [path for path in gone if path.endswith(".parquet")]
        untagged = [release.version] if len(rows) < len(gone) else []
        assert (
            row("hub_target.purged", None, target, removed=0, destroyed=len(rows), untagged=untagged, **at) in log.new()
        )
        for _again in range(2):
            publishing.remove_target(actor=admin, target=target)
        assert log.new() == [row("hub_target.removed", admin, target, **about)]


def test_argilla_servers_and_their_keys() -> None:
    admin, log = builders.person(Role.ADMIN), Log()
    place = {"url": "https://argilla.invalid/of/ours", "workspace": "ours"}
    server = argilla.create_server(actor=admin, name="Ours", key="a-key", **place)
    argilla.replace_key(actor=admin, server=server, key="another")
    about = {"host": "argilla.invalid/of/ours", "workspace": "ours"}
    queue, at = builders.queue_of(stories=[builders.add_story()]), {"host": "argilla.invalid/of/ours", "name": "tales"}
    annie = builders.person()
    account = ArgillaPerson.objects.create(server=server, account="1")
    before = log.new()
    link = argilla.create_link(actor=admin, queue=queue, server=server, name="tales")
    argilla.sync_link(actor=admin, link=link)
    argilla.map_account(actor=admin, account=account, person=annie)
    argilla.end_link(actor=admin, link=link)
    about_link = {"queue": queue.slug, **at}
    assert log.new() == [
        row("argilla_link.created", admin, link, **about_link, judge=""),
        row("argilla_link.asked", admin, link, **about_link),
        row("argilla_account.settled", admin, account, user=annie.pk, ignored=False),
        row("argilla_link.ended", admin, link, **about_link),
    ]
    for _again in range(2):
        argilla.remove_server(actor=admin, server=server)
    assert [*before[:2], *log.new()] == [
        row("argilla_server.created", admin, server, **about),
        row("argilla_server.key_replaced", admin, server, **about),
        row("argilla_server.removed", admin, server, **about),
    ]


def test_webhooks_that_argilla_servers_call_by(argilla_there: Argilla, settings: Any) -> None:
    settings.PUBLIC_URL, (name, _id) = "http://127.0.0.1:9", argilla_there.workspace()
    place = {"url": argilla_there.url, "workspace": name, "key": argilla_there.owner_key}
    server = argilla.create_server(actor=SYSTEM, name="Ours", **place)
    link = argilla.create_link(
        actor=SYSTEM, queue=builders.queue_of(stories=[builders.add_story()]), server=server, name="tales"
    )
    log = Log()
    for _again in range(2):
        keep_listening()
    assert log.new() == [row("argilla_webhook.made", None, server, host=server.host)]
    argilla.end_link(actor=SYSTEM, link=link)
    log.new()
    for _again in range(2):
        keep_listening()
    assert log.new() == [row("argilla_webhook.removed", None, server, host=server.host)]


def test_webhooks_and_their_secrets(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    admin, log = builders.person(Role.ADMIN), Log()
    url, events = "http://127.0.0.1:1/a-path-that-may-be-a-password", ["release.built"]
    endpoint, _secret = webhooks.create_endpoint(actor=admin, name="Ours", url=url, events=events)
    assert log.new() == [row("webhook.created", admin, endpoint, host="127.0.0.1", events=events)]
    for _again in range(2):
        webhooks.change_endpoint(actor=admin, endpoint=endpoint, name="Theirs")
    assert log.new() == [
        row("webhook.changed", admin, endpoint, changed=["name"], host="127.0.0.1", events=events),
    ]
    webhooks.rotate_secret(actor=admin, endpoint=endpoint, overlap_hours=2)
    assert log.new() == [row("webhook.secret_rotated", admin, endpoint, overlap_hours=2)]
    webhooks.try_endpoint(actor=admin, endpoint=endpoint)
    assert log.new() == [row("webhook.tested", admin, endpoint, status=None, taken=False)]
    for _again in range(2):
        webhooks.pause_endpoint(actor=admin, endpoint=endpoint)
    for _again in range(2):
        webhooks.resume_endpoint(actor=admin, endpoint=endpoint)
    assert log.new() == [
        row("webhook.paused", admin, endpoint, because="admin"),
        row("webhook.resumed", admin, endpoint),
    ]
    emit(event="release.built", thing="release", key=1)
    builders.failed(Delivery, "It answered 500.")
    assert log.new() == [], "what a worker does is in the delivery"
    for _again in range(2):
        webhooks.replay_dead(actor=admin)
    assert log.new() == [row("webhook.dead_replayed", admin, endpoint, count=1)]
    builders.failed(Delivery, "It answered 500.")
    delivery = Delivery.objects.get()
    webhooks.replay(actor=admin, delivery=delivery)
    assert log.new() == [row("webhook.replayed", admin, endpoint, message=delivery.message.public_id)]
    for _again in range(2):
        webhooks.remove_endpoint(actor=admin, endpoint=endpoint)
    assert log.new() == [row("webhook.removed", admin, endpoint)]


def test_a_release_from_its_dataset_to_its_files(curator: User) -> None:
    builders.accepted_stories(1)
    log = Log()
    dataset = create_dataset(actor=curator, org="exempla", name="tales")
    assert log.new() == [row("dataset.created", curator, dataset, name="exempla/tales", visibility="private")]
    for _again in range(2):
        describe_dataset(actor=curator, dataset=dataset, title="Tales")
    assert log.new() == [row("dataset.described", curator, dataset, title="Tales", card=2)]
    release = start_release(actor=curator, dataset=dataset, version="v0.1.0")
    began = {"dataset": "exempla/tales", "version": "v0.1.0", "stories": 1}
    assert log.new() == [row("release.started", curator, release, **began)]
    builders.failed(Release, "No space.")
    retry(actor=curator, release=release)
    assert log.new() == [row("release.retried", curator, release)]
    built = build(release=release)
    build(release=release)
    assert log.new() == [row("release.built", None, release, version="v0.1.0", manifest=built.manifest_sha256)]
    for _ in range(2):
        note_download(user=curator, release=release)
    assert log.new() == [row("release.downloaded", curator, release)]
    wrong = start_release(actor=curator, dataset=dataset, version="v0.2.0", notes="A title was misspelt.")
    log.new()
    discard(actor=curator, release=wrong)
    assert log.new() == [row("release.discarded", curator, dataset, version="v0.2.0", error="")]
    frozen = builders.frozen_release(dataset, "v0.3.0")
    builders.failed(Release, "No space.")
    log.new()
    abandon(actor=curator, release=frozen, reason="Of no use.")
    assert log.new() == [row("release.abandoned", curator, frozen, reason="Of no use.")]


def test_stories_of_a_release_that_are_to_be_rated_once_more(curator: User) -> None:
    builders.accepted_stories(2)
    release = builders.built_release(builders.dataset())
    log = Log()
    sample = draw_rerating(actor=curator, release=release, name="Second reading", stories=2)
    queued = row("queue.created", curator, sample.queue, slug="second-reading", overlap=2, reveal=False)
    assert log.new() == [queued, row("rerating.drawn", curator, release, count=2, queue="second-reading")]


def test_what_is_withdrawn_after_its_release(curator: User) -> None:
    (story,) = builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    log = Log()
    withdraw_story(actor=curator, dataset=release.dataset, story=story.pk, reason="Its licence.")
    about = {"key": public_id(story.normal_sha256), "reason": "Its licence."}
    assert log.new() == [row("dataset.story_withdrawn", curator, release.dataset, **about)]
    withdraw_version(actor=curator, release=release, reason="The splits were mixed up.")
    assert log.new() == [row("release.withdrawn", curator, release, reason="The splits were mixed up.")]


def test_what_a_second_person_has_to_approve(curator: User, settings: Any) -> None:
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = True
    builders.accepted_stories(1)
    dataset, other = builders.dataset(visibility="private"), builders.person(Role.CURATOR)
    log = Log()
    for _ in range(2):
        asked = set_visibility(actor=curator, dataset=dataset, visibility="public")
    assert asked is not None
    assert log.new() == [row("approval.asked_for", curator, dataset)]
    decline(actor=other, approval=asked, reason="Not yet.")
    assert log.new() == [row("approval.declined", other, dataset, reason="Not yet.")]
    again = set_visibility(actor=curator, dataset=dataset, visibility="public")
    assert again is not None
    log.new()
    approve(actor=other, approval=again)
    assert log.new() == [row("dataset.made_public", other, dataset, asked_by=curator.pk)]
    releases = []
    for version in ("v0.1.0", "v0.1.1"):
        release = start_release(actor=curator, dataset=dataset, version=version, notes="As it was.")
        log.new()
        release = build(release=release)
        about = {"version": version, "manifest": release.manifest_sha256}
        assert log.new() == [row("release.awaits_approval", None, release, **about)]
        if not releases:
            take_back(actor=curator, approval=release.approvals.get(), reason="A typo.")
            assert log.new() == [row("approval.taken_back", curator, release, reason="A typo.")]
        else:
            approve(actor=other, approval=release.approvals.get())
            assert log.new() == [row("release.approved", other, release, asked_by=curator.pk)]
        releases.append(release)
    for _ in range(2):
        set_visibility(actor=curator, dataset=dataset, visibility="private")
    assert log.new() == [row("dataset.made_private", curator, dataset)]


def test_purges_and_people_who_are_erased(curator: User, settings: Any) -> None:
    settings.SECOND_PERSON_FOR_PURGES = True
    one, two, zoe = builders.person(Role.ADMIN), builders.person(Role.ADMIN), builders.person()
    story = builders.add_story()
    log = Log()
    ways = [
        ("purge.declined", lambda asked: decline_purge(actor=two, purge=asked, reason="Withdraw it."), two),
        ("purge.taken_back", lambda asked: take_purge_back(actor=one, purge=asked), one),
    ]
    for word, way, who in ways:
        asked = ask_purge(actor=one, story=story, kind="law", reason="A court.")
        about = {"purge": asked.pk}
        assert log.new() == [row("purge.asked_for", one, story, **about, kind="law", waits=True)]
        way(asked)
        assert log.new() == [row(word, who, story, **about)]
    asked = ask_purge(actor=one, story=story, kind="law", reason="A court.")
    log.new()
    about = {"purge": asked.pk}
    approve_purge(actor=two, purge=asked)
    assert log.new() == [row("purge.approved", two, story, **about, asked_by=one.pk)]
    purge(purge=asked)
    said = {**about, "kind": "law", "rows": 1, "approved_by": two.pk}
    assert log.new() == [
        row("story.moved", None, story, **{"from": "stored", "to": "purged"}),
        row("story.purged", one, story, **said),
        row("purge.finished", None, story, **about),
    ]
    settings.SECOND_PERSON_FOR_PURGES = False
    asked = ask_purge(actor=one, story=builders.add_story(), kind="harm", reason="A recipe.")
    builders.failed(type(asked), "The storage is away.")
    log.new()
    retry_purge(actor=two, purge=asked)
    assert log.new() == [row("purge.retried", two, asked.story, purge=asked.pk)]
    erase_person(actor=one, user=zoe, with_comments=True, confirmed_name=zoe.username)
    assert log.new() == [row("user.closed", one, zoe), row("user.erased", one, zoe, comments=True)]


def test_who_opens_a_dataset_and_who_is_let_in(curator: User) -> None:
    dataset, ann, bob = builders.dataset(visibility="private"), builders.person(), builders.person()
    log = Log()
    for visibility, verb in (("signed-in", "dataset.opened_to_signed_in"), ("gated", "dataset.gated")):
        set_visibility(actor=curator, dataset=dataset, visibility=visibility)
        assert log.new() == [row(verb, curator, dataset)]
    for _ in range(2):
        write_terms(actor=curator, dataset=dataset, text="Do no harm.", by_request=True, anew=True)
    assert log.new() == [row("dataset.terms_written", curator, dataset, version=1)]
    hers, his = (ask_for_access(actor=who, dataset=dataset, terms=1, purpose="To learn.") for who in (ann, bob))
    assert log.new() == [row("access.asked_for", who, dataset, version=1) for who in (ann, bob)]
    grant_access(actor=curator, grant=hers)
    decline_access(actor=curator, grant=his, reason="Too vague.")
    assert log.new() == [
        row("access.granted", curator, dataset, user=ann.pk),
        row("access.declined", curator, dataset, user=bob.pk, reason="Too vague."),
    ]
    revoke_access(actor=curator, grant=hers, reason="Passed on.")
    assert log.new() == [row("access.revoked", curator, dataset, user=ann.pk, reason="Passed on.")]
    write_terms(actor=curator, dataset=dataset, text="Do good.", by_request=False, anew=True)
    log.new()
    ask_for_access(actor=bob, dataset=dataset, terms=2)
    give_up(actor=bob, dataset=dataset)
    assert log.new() == [row("access.accepted", bob, dataset, version=2), row("access.given_up", bob, dataset)]


def verbs() -> Iterator[str]:
    """Every verb that the code records; of one that is put together, its beginning."""
    for room in ("annotations", "curation"):
        for path in sorted((Path(project.BASE_DIR) / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                given = {part.arg: part.value for part in call.keywords}
                if not {"actor", "verb"} <= given.keys():
                    continue
                verb = given["verb"]
                if isinstance(verb, ast.JoinedStr):
                    yield ast.literal_eval(verb.values[0])
                elif isinstance(verb, ast.Constant):
                    yield str(verb.value)
                else:
                    words = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
                    yield from (word for word in words if re.fullmatch(r"[a-z_]+\.[a-z_]+", str(word)) is not None)


def test_no_verb_is_left_out_here() -> None:
    found = set(verbs()) - ELSEWHERE
    assert len(found) > 30
    tested = {
        node.value for node in ast.walk(ast.parse(Path(__file__).read_text("utf-8"))) if isinstance(node, ast.Constant)
    }
    assert {verb for verb in found if verb not in tested and not verb.endswith(".")} == set()
    assert {verb for verb in found if verb.endswith(".")} == {"queue.", "import."}, "paused, open, closed; done, failed"
