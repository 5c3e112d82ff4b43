"""Answers of models: kept as they came, read once, read anew for nothing; and several judges side by side."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, transaction

from curation.accounts.models import Role
from curation.core.errors import Conflict, InvalidInput
from curation.scoring.actions import adopt, answers, ensure_embedded_judge, judges, read_anew, rereading
from curation.scoring.actions.answers import unread
from curation.scoring.actions.asking import questions_of
from curation.scoring.models import AnswerReading, JudgeAnswer, JudgeVersion, Score, ScoreJob, ScoreRun
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.schema import over_samples
from curation.scoring.values import scores_for_story, scores_of
from curation.stories.models import Story
from tests.builders import checked_stories, default_rubric, person, scored_stories
from tests.judging import answer_all, estimated_run, kept, llm_judge, settled, started_run, take
from tests.readings import raw

pytestmark = pytest.mark.django_db


def by_key(version: JudgeVersion, story: Story) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {}
    rows = Score.objects.filter(judge_version=version, story=story).order_by("sample")
    for key, value in rows.values_list("criterion__key", "value"):
        found.setdefault(key, []).append(value)
    return found


def rated(story: Story, run: ScoreRun, value: str) -> str:
    """A sound answer that rates every criterion alike."""
    rubric = questions_of(run.judge_version).rubric
    criteria = [
        {"criterion": one.key, "quotes": [], "rationale": f"Rated {value}.", "value": value} for one in rubric.criteria
    ]
    return raw(story.text, rubric, criteria=criteria)


def test_an_answer_becomes_scores_and_the_rest_of_what_it_says() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    (answer,) = answer_all(run)
    stored = JudgeAnswer.objects.get()
    assert (stored.raw, stored.sample, stored.attempt, stored.run) == (answer.raw, 0, 1, run)
    assert stored.spend.micro_usd == 1_000
    reading = AnswerReading.objects.get()
    assert (reading.fault, reading.judge_version) == ("", run.judge_version)
    assert reading.found["honeypot"] is False
    assert len(reading.found["themes"]) == 3
    values = by_key(run.judge_version, answer.story)
    assert values["A1"] == [1.0]
    assert values["B2"] == [5.0]
    score = Score.objects.filter(criterion__key="A1").get()
    assert score.quotes[0] in answer.story.text
    assert (score.standard_deviation, score.rationale) == (None, "It says so.")


def test_an_answer_that_cannot_be_read_is_kept_and_its_sample_asked_for_again() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    lease = take(run)
    settled(run, lease, kept(run, lease, said=['{"code": "cut off']))
    reading = AnswerReading.objects.get()
    assert (reading.fault, reading.reason) == ("not_json", "The answer is not one JSON object.")
    assert not Score.objects.exists()
    job = ScoreJob.objects.get()
    assert (job.state, job.last_error) == ("pending", "The answer is not one JSON object.")
    ScoreJob.objects.update(next_at="2000-01-01T00:00:00Z")
    answer_all(run)
    assert list(JudgeAnswer.objects.order_by("pk").values_list("attempt", flat=True)) == [1, 2]
    assert Score.objects.count() == 10


def test_a_job_that_failed_says_nothing_of_what_the_model_saw() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    flags = [{"quotes": ["Nobody ever wrote this."], "reason": "It is one.", "flag": "self_harm"}]
    lease = take(run)
    settled(run, lease, kept(run, lease, flags=flags))
    reading, job = AnswerReading.objects.get(), ScoreJob.objects.get()
    assert "self_harm" in reading.reason
    assert job.last_error == "The answer quotes what the story does not say."


def test_a_worker_that_stopped_between_the_answer_and_its_reading_has_nothing_to_pay_for() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    lease = take(run)
    (answer,) = kept(run, lease)
    assert unread(run.judge_version, [answer.story_id]) == [answer]
    settled(run, lease, unread(run.judge_version, [answer.story_id]))
    assert unread(run.judge_version, [answer.story_id]) == []
    assert ScoreJob.objects.get().state == "done"


def test_what_was_paid_for_is_never_changed_and_what_the_database_cannot_hold_is_replaced() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    lease = take(run)
    (answer,) = kept(run, lease, said=["one\0two\ud800three"])
    answer.refresh_from_db()
    assert answer.raw == "one\ufffdtwo?three"
    settled(run, lease, [answer])
    for rows, changed in ((JudgeAnswer.objects.all(), {"raw": ""}), (AnswerReading.objects.all(), {"fault": ""})):
        with pytest.raises(Error), transaction.atomic():
            rows.delete()
        with pytest.raises(Error), transaction.atomic():
            rows.update(**changed)


def test_answers_are_read_anew_for_nothing_by_a_later_version_of_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    (story, other) = checked_stories(2)
    run = started_run(llm_judge(), [story, other])
    lease = take(run)
    good, _bad = kept(run, lease, said=[rated(story, run, "4"), "no JSON"])
    settled(run, lease, [good])
    version = run.judge_version
    curator = person(Role.CURATOR)
    assert read_anew(actor=curator, version=version) == version, "the rules are those of before"
    assert not unread(version, [other.pk]), "only the answer that nobody had read was read"
    before = by_key(version, story)
    monkeypatch.setattr(rereading, "READING", 2)
    monkeypatch.setattr(judges, "READING", 2)
    newer = read_anew(actor=curator, version=version)
    assert (newer.number, newer.reading, newer.answers_of, newer.active) == (2, 2, version, True)
    assert (newer.model, newer.samples, newer.provider) == (version.model, version.samples, version.provider)
    assert by_key(newer, story) == before == by_key(version, story)
    assert JudgeAnswer.objects.count() == 2
    assert AnswerReading.objects.filter(judge_version=newer).count() == 2
    assert read_anew(actor=curator, version=version) == newer
    assert AnswerReading.objects.filter(judge_version=newer).count() == 2
    with pytest.raises(InvalidInput, match="already"):
        estimated_run(newer, [story])
    more = started_run(newer, [story, other])
    assert (more.total, ScoreJob.objects.get(run=more).story) == (1, other), "what could not be read is asked for"
    monkeypatch.setattr(rereading, "READING", 3)
    with pytest.raises(Conflict, match="newer version"):
        read_anew(actor=curator, version=version)
    newer.refresh_from_db()
    third = read_anew(actor=curator, version=newer)
    assert (third.answers_of, by_key(third, story)) == (version, before)
    with pytest.raises(InvalidInput, match="no answers"):
        read_anew(actor=curator, version=ensure_embedded_judge(rubric=version.rubric))


def test_the_command_reads_anew_and_says_what_came_of_it() -> None:
    run = started_run(llm_judge("Reader"), checked_stories(2))
    lease = take(run)
    kept(run, lease, said=["nonsense", "{}"])
    out = StringIO()
    call_command("read_answers", "reader", stdout=out)
    assert "Reader v1: 2 answers read, 2 of them could not be." in out.getvalue()
    with pytest.raises(CommandError, match="no such judge"):
        call_command("read_answers", "nobody")


def test_several_samples_are_one_value_with_its_spread() -> None:
    assert over_samples([4.0]) == (4.0, None)
    assert over_samples([2.0, 4.0]) == (3.0, pytest.approx(2**0.5))
    assert over_samples([None, 4.0]) == (4.0, None)
    assert over_samples([None, None, 4.0]) == (None, None)
    assert over_samples([None]) == (None, None)
    version, (story,) = llm_judge(samples=2), checked_stories(1)
    run = started_run(version, [story])
    for value in ("2", "5"):
        lease = take(run, limit=1)
        settled(run, lease, kept(run, lease, said=[rated(story, run, value)]))
    (a1, *_rest) = scores_for_story(story.pk, version.rubric)
    assert (a1.key, a1.value, a1.samples) == ("A1", 3.5, 2)
    assert a1.standard_deviation == pytest.approx(4.5**0.5)
    assert a1.rationale == "Rated 2.", "the words of a sample that said so"


def test_the_scores_of_each_judge_are_its_own_and_na_is_no_value() -> None:
    (story,) = scored_stories(1)
    version = llm_judge()
    answer_all(started_run(version, [story]), themes=[])
    embedded = JudgeVersion.objects.get(judge__kind="embedded")
    rubric = default_rubric()
    shown = scores_for_story(story.pk, rubric)
    assert [one.version.judge.kind for one in shown] == ["embedded"] * 10 + ["llm"] * 10
    assert [one.key for one in shown[:10]] == [one.key for one in shown[10:]]
    mine = scores_of([story.pk], rubric, version.judge)[story.pk]
    assert mine["A1"] == 1.0
    assert "C1" not in mine, "no theme applies"
    assert {one.key: one.value for one in shown[10:]}["C1"] is None
    theirs = scores_of([story.pk], rubric, embedded.judge)[story.pk]
    assert set(theirs) == {one.key for one in shown[:10]}
    assert [one.version for one in scores_for_story(story.pk, rubric, version.judge)] == [version] * 10
    adopt(
        rubric=rubric, model="damaged", calibration_status=CalibrationStatus.PROVISIONAL, n_labels=60,
        parameters={}, model_artifact=b"damaged", model_artifact_sha256="0" * 64,
    )  # fmt: skip
    assert scores_of([story.pk], rubric, embedded.judge)[story.pk] == theirs, "the newest that scored it"


def test_the_worker_is_told_what_it_may_not_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason is cut to what its column holds."""
    run = started_run(llm_judge(), checked_stories(1))
    monkeypatch.setattr(answers, "REASON", 10)
    lease = take(run)
    settled(run, lease, kept(run, lease, said=["no JSON"]))
    assert AnswerReading.objects.get().reason == "The answer"
