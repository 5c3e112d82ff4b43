"""Judges that ask a language model, what of them is frozen and what grows, and rules by which imports are scored."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.llm.actions import create_provider, set_price
from curation.scoring.actions import (
    add_version,
    create_judge,
    end_import_rule,
    ensure_embedded_judge,
    follow_rules,
    note_labels,
    retire_judge,
    set_import_rule,
)
from curation.scoring.actions.importing import imported_judge
from curation.scoring.models import ImportRule, Judge, JudgeVersion, ScoreJob, ScoreRun
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import criterion_calibration_status
from curation.scoring.reading import NEWEST
from curation.scoring.telling import ABOVE
from curation.standards.queries import current_constitution
from curation.stories.actions import start_import
from curation.stories.actions.importing import claim, run_import
from curation.stories.models import ImportRun, Source, Story
from curation.triage.actions import begin_run, start_due_runs
from tests.builders import check, default_rubric, numbers, person, queue_of, source
from tests.judging import MODEL, llm_judge, provider

pytestmark = pytest.mark.django_db


def fields(**changed: Any) -> dict[str, Any]:
    wanted = {"provider": provider(), "model": MODEL, "rubric": default_rubric()}
    return {**wanted, "constitution": current_constitution(), **changed}


def test_a_judge_is_made_with_what_it_asks_and_by_which_rules_it_is_read() -> None:
    curator, wanted = person(Role.CURATOR), fields()
    version = create_judge(
        actor=curator,
        name=" Careful Reader ",
        samples=3,
        temperature=0.5,
        effort="high",
        max_output_tokens=900,
        **wanted,
    )
    version.refresh_from_db()
    assert (version.judge.key, version.judge.name, version.judge.kind) == ("careful-reader", "Careful Reader", "llm")
    assert (version.number, version.active, version.paid) == (1, True, True)
    assert (version.samples, version.temperature, version.effort, version.max_output_tokens) == (3, 0.5, "high", 900)
    assert (version.prompt_version, version.prompt, version.reading) == (NEWEST, "", 1)
    assert version.rubric.frozen_at is not None
    assert version.constitution is not None
    assert version.constitution.frozen_at is not None
    assert (version.n_labels, version.calibration_status) == (0, CalibrationStatus.UNCALIBRATED)
    assert Entry.objects.filter(verb="judge.created", actor=curator, data={"key": "careful-reader"}).exists()
    entry = Entry.objects.get(verb="judge_version.activated")
    assert entry.data == {"rubric": str(version.rubric), "provider": str(wanted["provider"]), "model": MODEL}
    with pytest.raises(Conflict, match="already"):
        create_judge(actor=curator, name="careful reader", **wanted)
    assert Judge.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": " "}, "another name"),
        ({"name": "…"}, "another name"),
        ({"name": "Embedded Scorer"}, "another name"),
        ({"model": " "}, "Name the model"),
        ({"samples": 0}, "1 to 10"),
        ({"samples": 11}, "1 to 10"),
        ({"temperature": 2.1}, "between 0 and 2"),
        ({"temperature": float("nan")}, "between 0 and 2"),
        ({"effort": "huge"}, "low, medium or high"),
        ({"max_output_tokens": 0}, "1 to 16,000"),
        ({"max_output_tokens": 16_001}, "1 to 16,000"),
        ({"prompt_version": 999}, "no such version"),
        ({"own_prompt": "Rate it."}, "no place for everything"),
    ],
)
def test_a_version_that_could_not_be_asked_is_not_made(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        create_judge(**{"actor": person(Role.CURATOR), "name": "Reader", **fields(), **changed})
    assert not Judge.objects.exists()


def test_judges_are_for_curators_and_the_embedded_scorer_is_nobodys_to_change() -> None:
    version = llm_judge()
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        with pytest.raises(NotAllowed):
            create_judge(actor=person(role), name="Mine", **fields())
        with pytest.raises(NotAllowed):
            add_version(actor=person(role), judge=version.judge, **fields())
        with pytest.raises(NotAllowed):
            retire_judge(actor=person(role), judge=version.judge)
        with pytest.raises(NotAllowed):
            set_import_rule(actor=person(role), judge=version.judge, source=None, limit_micro_usd=1)
    embedded = ensure_embedded_judge(rubric=default_rubric()).judge
    curator = person(Role.CURATOR)
    for act in (
        lambda: add_version(actor=curator, judge=embedded, **fields()),
        lambda: retire_judge(actor=curator, judge=embedded),
        lambda: set_import_rule(actor=curator, judge=embedded, source=None, limit_micro_usd=1),
    ):
        with pytest.raises(InvalidInput, match=r"embedded scorer|learns its versions"):
            act()


def test_a_version_is_frozen_and_what_grows_is_not_in_it() -> None:
    version = llm_judge()
    for changed in ({"samples": 2}, {"model": "other"}, {"prompt": "x"}, {"temperature": 1.0}, {"reading": 2}):
        with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
            JudgeVersion.objects.filter(pk=version.pk).update(**changed)
    note_labels(version=version, labels=60, by_criterion={"A1": 60, "C1": 10})
    version = JudgeVersion.objects.get(pk=version.pk)
    assert (version.n_labels, version.calibration_status) == (60, CalibrationStatus.PROVISIONAL)
    assert criterion_calibration_status(version, "A1") == CalibrationStatus.PROVISIONAL
    assert criterion_calibration_status(version, "C1") == CalibrationStatus.UNCALIBRATED
    assert criterion_calibration_status(version, "D1") == CalibrationStatus.UNCALIBRATED
    note_labels(version=version, labels=200, by_criterion={"A1": 200})
    assert JudgeVersion.objects.get(pk=version.pk).calibration_status == CalibrationStatus.CALIBRATED


def test_several_judges_are_at_work_and_one_is_put_to_rest() -> None:
    one, two = llm_judge(), llm_judge()
    embedded = ensure_embedded_judge(rubric=default_rubric())
    assert set(JudgeVersion.objects.filter(active=True)) == {one, two, embedded}
    curator = person(Role.CURATOR)
    set_import_rule(actor=curator, judge=one.judge, source=None, limit_micro_usd=1)
    retire_judge(actor=curator, judge=one.judge)
    assert set(JudgeVersion.objects.filter(active=True)) == {two, embedded}
    assert not ImportRule.objects.filter(ended_at=None).exists()
    with pytest.raises(Conflict, match="at rest already"):
        retire_judge(actor=curator, judge=one.judge)
    again = add_version(actor=curator, judge=one.judge, **fields())
    assert (again.number, again.active) == (2, True)


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path


def imported(home: Path, of: Source, *, checked: bool = True) -> ImportRun:
    """An import of two stories that is done."""
    number = next(numbers)
    rows = [{"text": f"Import {number}, story {one}. The tug waited for the harbour master."} for one in (1, 2)]
    path = home / f"tales-{number}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    start_import(actor=SYSTEM, source=of, path=path)
    claimed = claim()
    assert claimed is not None
    run = run_import(run=claimed)
    if checked:
        check(Story.objects.filter(import_run=run))
    return run


def test_an_import_is_scored_once_by_a_rule_and_for_no_more_than_it_allows(home: Path) -> None:
    version, curator, of = llm_judge(), person(Role.CURATOR), source()
    queue_of()
    before = imported(home, of)
    rule = set_import_rule(actor=curator, judge=version.judge, source=of, limit_micro_usd=3_000_000)
    with pytest.raises(Conflict, match="such a rule"):
        set_import_rule(actor=curator, judge=version.judge, source=of, limit_micro_usd=1)
    with pytest.raises(InvalidInput, match="how much"):
        set_import_rule(actor=curator, judge=version.judge, source=source(), limit_micro_usd=0)
    wanted, other = imported(home, of), imported(home, source())
    assert follow_rules() == 1
    assert follow_rules() == 0
    run = ScoreRun.objects.get()
    assert run.budget is not None
    assert (run.state, run.import_run, run.rule, run.created_by) == ("running", wanted, rule, curator)
    assert (run.stories, run.budget.limit_micro_usd) == (2, 3_000_000)
    assert set(ScoreJob.objects.values_list("story__import_run", flat=True)) == {wanted.pk}
    assert before.pk != other.pk != wanted.pk
    assert Entry.objects.get(verb="score_run.started").data["rule"] == rule.pk
    end_import_rule(actor=curator, rule=rule)
    imported(home, of)
    assert follow_rules() == 0
    with pytest.raises(Conflict):
        end_import_rule(actor=curator, rule=rule)


def test_an_import_waits_for_its_checks_and_an_estimate_above_the_rule_for_a_person(home: Path) -> None:
    version, curator = llm_judge(), person(Role.CURATOR)
    queue_of()
    set_import_rule(actor=curator, judge=version.judge, source=None, limit_micro_usd=1)
    imported(home, source(), checked=False)
    assert follow_rules() == 0
    assert not ScoreRun.objects.exists()
    check(Story.objects.all())
    assert follow_rules() == 0
    waiting = ScoreRun.objects.get()
    assert (waiting.state, waiting.note) == ("estimated", ABOVE)
    assert not ScoreJob.objects.filter(run=waiting).exists()
    begin_run(actor=curator, run=waiting, limit_micro_usd=5_000_000)
    assert start_due_runs() == 1
    assert ScoreJob.objects.filter(run=waiting).count() == 2


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_a_rule_in_batches_starts_its_runs_so_where_the_provider_takes_them(home: Path, kind: str) -> None:
    curator, at = person(Role.CURATOR), "" if kind == "anthropic" else "http://127.0.0.1:9/v1"
    asked = create_provider(actor=SYSTEM, name="A provider", kind=kind, key="k", base_url=at)
    set_price(actor=SYSTEM, provider=asked, model="practice-1", input=Decimal(3), output=Decimal(15))
    version = llm_judge(provider=asked)
    queue_of()
    set_import_rule(actor=curator, judge=version.judge, source=None, limit_micro_usd=3_000_000, in_batches=True)
    imported(home, source())
    assert follow_rules() == 1
    run = ScoreRun.objects.get()
    assert (run.state, run.in_batches) == ("running", kind == "anthropic")
    assert (run.batch_micro_usd is None) == (kind == "openai")


@pytest.mark.parametrize("left", ["role", "account"])
def test_a_rule_of_somebody_who_may_no_longer_start_runs_starts_none(home: Path, left: str) -> None:
    version, curator = llm_judge(), person(Role.CURATOR)
    queue_of()
    set_import_rule(actor=curator, judge=version.judge, source=None, limit_micro_usd=3_000_000)
    imported(home, source())
    changed = {"role": Role.ANNOTATOR} if left == "role" else {"is_active": False}
    User.objects.filter(pk=curator.pk).update(**changed)
    assert follow_rules() == 0
    assert not ScoreRun.objects.exists()


def test_an_agent_of_another_tool_is_one_judge_however_it_is_written() -> None:
    said = {"actor": SYSTEM, "rubric": default_rubric(), "tool": "Argilla"}
    version = imported_judge(agent="Grader 2", **said)
    assert imported_judge(agent="GRADER  2", **said) == version
    assert imported_judge(agent="Grader 3", **said).judge != version.judge
