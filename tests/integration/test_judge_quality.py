"""How good a judge is: measured from what people said, and told on its page."""

from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import claim
from annotations.models import Item
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.calibration.actions import (
    measure,
    prune_scores,
    pruning,
    record_probe,
    reveal_comparison,
    reveal_scores,
)
from curation.calibration.actions.probing import STORIES, probe_by_scores, probe_stories, probe_what_is_due
from curation.calibration.models import JudgeQuality, Probe, ProbeStory
from curation.calibration.queries import labels, quality_of, readings, review_count
from curation.scoring.actions import add_version, adopt, create_jobs, ensure_embedded_judge, work
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.judge import CalibrationStatus
from curation.standards.models import Rubric
from curation.stories.models import Story
from tests.builders import (
    add_story,
    answers,
    checked_stories,
    default_rubric,
    labelled_stories,
    person,
    queue_of,
    review_by,
    scored_stories,
)
from tests.judging import llm_judge

pytestmark = pytest.mark.django_db


def signed_in(role: Role = Role.CURATOR) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


def scored_by(version: JudgeVersion, values: dict[int, float], key: str = "B1", sample: int = 0) -> None:
    """Let the version have given these stories these scores."""
    criterion = version.rubric.criteria.get(key=key)
    Score.objects.bulk_create(
        Score(
            story_id=story,
            judge_version=version,
            criterion=criterion,
            sample=sample,
            value=value,
            standard_deviation=0.5,
        )
        for story, value in values.items()
    )


def newer_version(rubric: Rubric) -> JudgeVersion:
    """A later version of the embedded scorer, which counts words as the first did."""
    status = CalibrationStatus.PROVISIONAL
    adopt(
        rubric=rubric,
        model="later",
        calibration_status=status,
        n_labels=60,
        parameters={},
        model_artifact=None,  # type: ignore[arg-type]
        model_artifact_sha256="",
    )
    return JudgeVersion.objects.get(active=True)


def test_ratings_are_read_review_by_review() -> None:
    annie, ben = person(), person()
    stories = [add_story(generator="model-a"), add_story(generator="model-b"), add_story()]
    queue = queue_of(annie, ben, stories=stories)
    for reader, values in ((annie, (2, 4, 1)), (ben, (5, 4, None))):
        for value in values:
            data = answers(4)
            data["ratings"]["A1"] = value
            review_by(reader, queue, data)
        # Of a story that somebody has yet to judge, figures would tell what one more review says.
        assert review_count(queue.rubric) == (0 if reader == annie else 6)
    found = readings(queue.rubric, newest=10)
    a1, c1 = found.keys.index("A1"), found.keys.index("C1")
    assert found.stories.tolist() == [story.pk for story in stories]
    assert (found.generators, found.reviewers) == (["model-a", "model-b", ""], 2)
    assert found.means(a1).tolist() == [3.5, 4, 1]
    assert np.isnan(found.means(c1)).all()
    assert found.at(0, a1).tolist() == [2, 4, 1]
    assert np.array_equal(found.at(1, a1), [5, 4, np.nan], equal_nan=True)
    assert np.array_equal(found.by_reviewer(a1), [[2, 5], [4, 4], [1, np.nan]], equal_nan=True)
    means = np.stack([found.means(column) for column in range(len(found.keys))], axis=1)
    assert np.array_equal(labels(queue.rubric).means, means, equal_nan=True)


@pytest.fixture
def measured() -> JudgeVersion:
    """A judge that says what three readers of 54 stories do, less spread and half a point too high."""
    version = ensure_embedded_judge(rubric=default_rubric())
    rng = np.random.default_rng(1)
    ratings = rng.integers(1, 6, size=54)
    queue = labelled_stories(ratings.tolist(), reviewers=3, generator="model-a")
    noise = rng.normal(scale=0.2, size=54)
    stories = queue.items.order_by("story_id").values_list("story_id", flat=True)
    values = np.clip(3.5 + (ratings - 3) / 2 + noise, 1, 5)
    scored_by(version, dict(zip(stories, values.tolist(), strict=True)))
    assert measure(version=version)
    return version


def test_a_biased_judge_is_seen_through_and_its_page_says_what_it_is_good_for(measured: JudgeVersion) -> None:
    rows = {one.key: one for one in quality_of(measured)}
    b1 = rows["B1"].measured
    assert (b1.n, b1.labels, b1.reviews, b1.rated_twice) == (54, 54, 162, 54)
    assert b1.bias == pytest.approx(0.5, abs=0.25)
    assert b1.bias_low < b1.bias < b1.bias_high
    assert b1.calibration_error > 0.5 > 3 * b1.calibrated_error
    assert b1.saved_low > 0.8
    assert b1.spearman_least == pytest.approx(b1.spearman)
    assert (b1.reviewers_left_out, b1.reviewers_compared) == (3, 3)
    assert (b1.human_human, b1.judge_human < 0.95) == (pytest.approx(1), True)
    # Three people who always agree are nearer to each other than a judge that shuns the ends of the scale.
    assert (b1.second_reviewer, rows["B1"].as_second_reviewer) == ("no", "no")
    assert sum(bin[4] for bin in b1.reliability) == 54
    assert len(b1.curve) == 2
    a1 = rows["A1"].measured
    assert (a1.n, a1.saved, a1.reliability, a1.curve, a1.second_reviewer) == (0, None, [], [], "not_yet")
    page = signed_in().get(reverse("judge_quality", args=[measured.pk])).content.decode()
    said = " ".join(page.split())
    assert "Of 1 criterion, trust it on 1 to order a queue, on 1 to guess the rating, and on none as much as a" in said
    assert page.count('<svg class="reliability"') == 1
    assert page.count('<circle class="tone-accent"') == 10 + sum(
        value is not None for one in rows.values() for value in (one.measured.spearman, one.measured.judge_human)
    ) + sum(one.measured.human_human is not None for one in rows.values())
    assert "Not measured. Stories that a queue chose say nothing of the others" in said
    # A second rating of a story is as good a reason to measure anew as a first one.
    assert not measure(version=measured)
    reader = person()
    queue = queue_of(reader)
    Item.objects.create(queue=queue, story=Story.objects.earliest("pk"), seats=1, seats_left=1)
    review_by(reader, queue, answers(1))
    assert measure(version=measured)


def test_a_judge_that_is_asked_after_people_have_read_is_measured_as_its_scores_come() -> None:
    """Its first figures may be those of one answer, as a run had just begun."""
    version = llm_judge(samples=2)
    queue = labelled_stories([1, 2, 3, 4, 5, 3], reviewers=2, generator="model-a")
    stories = list(queue.items.order_by("story_id").values_list("story_id", flat=True))
    others = [story.pk for story in checked_stories(2)]

    def n() -> int:
        return {one.key: one for one in quality_of(version)}["B1"].measured.n

    assert measure(version=version)
    assert n() == 0
    for asked in (stories[:1], stories[1:]):
        scored_by(version, dict.fromkeys(asked, 3.0))
        assert measure(version=version)
        assert not measure(version=version)
    assert n() == 6
    scored_by(version, dict.fromkeys(others, 3.0))
    assert not measure(version=version), "nobody has read these"
    scored_by(version, dict.fromkeys(stories, 5.0), sample=1)
    assert measure(version=version)
    assert {one.key: one for one in quality_of(version)}["B1"].measured.bias == pytest.approx(1)
    version.calibration.refresh_from_db()
    assert version.calibration.labels == 6


def test_a_constant_that_passes_the_test_of_a_second_reviewer_does_not_replace_one(measured: JudgeVersion) -> None:
    known = {"second_reviewer": "yes", "n": 54, "saved_low": 0.1, "spearman_low": 0.1}
    for change, answer in (({}, "yes"), ({"saved_low": -0.1}, "not_yet"), ({"spearman_low": None}, "not_yet")):
        JudgeQuality.objects.update(**known | change)
        assert {one.as_second_reviewer for one in quality_of(measured)} == {answer}


def test_one_sentence_says_whether_the_judge_can_be_trusted(measured: JudgeVersion) -> None:
    client = signed_in()

    def said() -> str:
        part = client.get(reverse("scoring_progress"), headers={"HX-Request": "true"})
        return " ".join(part.content.decode().split())

    rows = JudgeQuality.objects.filter(judge_version=measured)
    rows.update(n=49, saved_low=0.1)
    assert "Not yet known: it was held against the ratings of 49 stories, and it takes 50." in said()
    # Shown is only what the whole interval says: its lower end touching 0 is not enough.
    rows.update(n=60, spearman_low=0.0, saved_low=0.0)
    assert "No: on none of 10 criteria is it shown to know more than chance and the mean do." in said()
    rows.update(spearman_low=0.1)
    rows.filter(criterion__key="B1").update(saved_low=0.2, second_reviewer="yes")
    told = "Of 10 criteria, trust it on 10 to order a queue, on 1 to guess the rating, and on 1 as much as a second"
    assert told in said()
    Probe.objects.create(judge_version=measured, first={}, again={}, now={}, changed_at="2026-11-26T00:00Z")
    assert "No: since" in said()


def test_the_page_takes_few_statements_and_is_for_curators(
    measured: JudgeVersion, django_assert_max_num_queries: Any
) -> None:
    url, client = reverse("judge_quality", args=[measured.pk]), signed_in()
    client.get(url)
    with django_assert_max_num_queries(10):
        client.get(url)
    with django_assert_max_num_queries(9):
        client.get(reverse("scoring_progress"))
    assert signed_in(Role.ANNOTATOR).get(url).status_code == 403
    assert client.get(reverse("judge_quality", args=[measured.pk + 1])).status_code == 404


# Scores that newer versions have replaced.


def test_scores_that_nobody_rests_on_go_two_versions_later() -> None:
    rubric = default_rubric()
    reviewed, seen, only_seen, plain = scored_stories(4)
    first = JudgeVersion.objects.get()
    annie = person()
    review_by(annie, queue_of(annie, stories=[reviewed], overlap=2))
    looked = review_by(annie, queue_of(annie, stories=[seen], overlap=2, reveal=True))
    assert reveal_comparison(actor=annie, review=looked, judge=first.judge) is not None
    assert reveal_scores(user=person(), story=only_seen, rubric=rubric, where="story")
    second, _third = newer_version(rubric), newer_version(rubric)
    assert prune_scores() == 3, "the newer ones have not scored yet; what is in use needs no job"
    create_jobs(everywhere=True)
    ScoreJob.objects.update(next_at="2020-01-01T00:00Z")
    work()
    assert prune_scores() == 1
    left = set(Score.objects.filter(judge_version=first).values_list("story_id", flat=True))
    assert left == {reviewed.pk, seen.pk, only_seen.pk}
    assert set(Score.objects.filter(story=plain).values_list("judge_version", flat=True)) == {_third.pk}
    assert not ScoreJob.objects.filter(judge_version__in=[first, second]).exists()
    assert prune_scores() == 0
    for story in (reviewed, seen):
        with pytest.raises(IntegrityError, match="in use"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM scoring_score WHERE story_id = %s", [story.pk])
    with pytest.raises(IntegrityError, match="in use"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM scoring_score WHERE story_id = %s", [plain.pk])


def test_scores_of_a_story_that_is_read_stay_and_one_that_is_reviewed_meanwhile_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rubric = default_rubric()
    [story] = scored_stories(1)
    first = JudgeVersion.objects.get()
    newer_version(rubric), newer_version(rubric)
    create_jobs(everywhere=True)
    ScoreJob.objects.update(next_at="2020-01-01T00:00Z")
    work()
    annie = person()
    queue = queue_of(annie, stories=[story], overlap=2)
    assert claim(reviewer=annie, queue=queue) is not None
    assert prune_scores() == 0
    review_by(annie, queue)
    # As a statement sees it that began before the review was there.
    monkeypatch.setattr(pruning, "PRUNE", pruning.PRUNE.replace("review.story_id = job.story_id", "false"))
    assert prune_scores() == 0
    assert Score.objects.filter(judge_version=first, story=story).exists()
    monkeypatch.undo()
    assert prune_scores() > 0
    assert Score.objects.filter(judge_version=first, story=story).exists()


# A judge that changes.


def test_a_judge_that_answers_otherwise_raises_the_alarm_once() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    checked_stories(STORIES - 1)
    assert probe_what_is_due(version=version, every=60) is None
    checked_stories(5)
    probe = probe_what_is_due(version=version, every=60)
    assert probe is not None
    assert (len(probe.first), probe.first == probe.now, probe.noise, probe.changed_at) == (STORIES, True, 0, None)
    assert len(probe.first[str(probe_stories(version.rubric)[0])]) == version.rubric.criteria.count()
    assert ProbeStory.objects.count() == STORIES
    assert probe_what_is_due(version=version, every=60) is None
    # More stories are no other question.
    checked_stories(1)
    assert probe_what_is_due(version=version, every=0) is not None
    assert ProbeStory.objects.count() == STORIES
    other = {int(story): {**values, "B1": values["B1"] + 0.25} for story, values in probe.first.items()}
    for _ in range(2):
        changed = record_probe(version=version, answers=other)
    assert changed is not None
    assert (changed.changed_at is not None, changed.shift) == (True, {"B1": 0.25})
    assert changed.first == probe.first
    assert Entry.objects.filter(verb="judge_version.changed").count() == 1
    page = " ".join(signed_in().get(reverse("judge_quality", args=[version.pk])).content.decode().split())
    assert "it answers fixed stories otherwise, under the same name" in page
    assert "B1: 0.25." in page
    healed = record_probe(version=version, answers={int(story): values for story, values in probe.first.items()})
    assert healed is not None
    assert healed.changed_at is None


def test_a_paid_judge_is_compared_by_later_versions_that_ask_the_same() -> None:
    first = llm_judge(samples=2)
    checked_stories(STORIES)
    stories, rng = probe_stories(first.rubric), np.random.default_rng(3)
    base = rng.uniform(2, 4, size=STORIES)

    def says(version: JudgeVersion, sample: int, shift: float) -> None:
        values = base + shift + rng.normal(scale=0.3, size=STORIES)
        scored_by(version, dict(zip(stories, np.clip(values, 1, 5).tolist(), strict=True)), sample=sample)

    def again(**changed: Any) -> JudgeVersion:
        same = {name: getattr(first, name) for name in ("rubric", "constitution", "provider", "model", "samples")}
        return add_version(actor=SYSTEM, judge=first.judge, **{**same, **changed})

    says(first, 0, 0)
    says(first, 1, 0)
    assert probe_by_scores(version=first) is None, "nothing to compare the beginning with"
    second = again()
    says(second, 0, 0)
    told = probe_by_scores(version=second)
    assert told is not None
    assert (told.changed_at, 0.1 < told.noise < 0.6) == (None, True)
    says(again(model="another"), 0, 2)
    third = again()
    asked_before = probe_by_scores(version=third)
    assert asked_before is not None
    assert asked_before.changed_at is None
    says(third, 0, 0.8)
    changed = probe_by_scores(version=third)
    assert changed is not None
    assert changed.changed_at is not None
    assert changed.shift["B1"] == pytest.approx(0.8, abs=0.25)
    assert Entry.objects.filter(verb="judge_version.changed").count() == 1
    assert probe_by_scores(version=third) == changed
    page = signed_in().get(reverse("judge_quality", args=[third.pk])).content.decode()
    assert page.count(f"&amp;story={stories[0]}&") == 1


# The random audit.


# Anchoring.
