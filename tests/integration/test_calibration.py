"""Learning from ratings, measuring judges, agreement, and who has seen scores."""

import threading

import numpy as np
import pytest
from django.db import ProgrammingError, connection, transaction

from annotations.actions import add_items, claim
from annotations.models import Assignment, Item, Recusal, Review
from annotations.models.queue import ItemKind
from curation.accounts.actors import SYSTEM
from curation.audit.models import Entry
from curation.calibration.actions import due, measure, measuring, refit, refit_what_is_due, reveal_scores
from curation.calibration.models import Exposure, JudgeQuality
from curation.calibration.queries import agreement, labelled_count, labels, quality_of, readings, review_count
from curation.core.locks import CALIBRATION_REFIT, try_lock
from curation.core.statistics import spearman
from curation.scoring.actions import create_jobs, ensure_embedded_judge, work
from curation.scoring.actions.importing import imported_judge
from curation.scoring.actions.scores import insert_scores
from curation.scoring.judges import unpack
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.values import scores_for_story
from curation.stories.models import Check, Lineage, Story
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

pytestmark = pytest.mark.django_db


def texts_with_signal(n: int) -> tuple[list[str], list[int]]:
    """Texts in which one word goes with high ratings and another with low ones, and those ratings."""
    rng = np.random.default_rng(3)
    ratings = rng.integers(1, 6, size=n)
    filler = ["rain", "lamp", "stairs", "gulls", "dusk", "rope", "salt", "tide"]
    texts = []
    for place, rating in enumerate(ratings):
        words = rng.choice(filler, size=60).tolist() + ["copper"] * int(rating) + ["thistle"] * int(6 - rating)
        rng.shuffle(words)
        texts.append(f"Log {place}. " + " ".join(words) + ".")
    return texts, ratings.tolist()


@pytest.mark.parametrize(
    ("known", "learnt_from", "expected"),
    [
        (49, 0, False),
        (50, 0, True),
        (55, 50, False),
        (60, 50, True),
        (199, 190, False),
        (200, 190, True),
        (0, 0, False),
    ],
)
def test_when_to_learn_anew(known: int, learnt_from: int, expected: bool) -> None:
    assert due(labels=known, learnt_from=learnt_from) is expected


def test_labels_are_means_of_blind_first_commits_in_scope() -> None:
    annie, ben, imani = person(), person(), person()
    story = add_story(generator="model-a")
    queue = queue_of(annie, ben, imani, stories=[story], overlap=3)
    review_by(annie, queue, answers(2))
    review_by(ben, queue, answers(5))
    review_by(imani, queue, {**answers(), "out_of_scope": True, "ratings": {}})
    found = labels(queue.rubric)
    assert found.stories.tolist() == [story.pk]
    assert found.generators == ["model-a"]
    assert found.means[0, found.keys.index("B1")] == 3.5
    assert np.isnan(found.means[0, found.keys.index("C1")])
    assert labelled_count(queue.rubric) == 1
    assert review_count(queue.rubric) == 2


def test_fifty_rated_stories_make_a_version_that_scores_the_rest() -> None:
    texts, ratings = texts_with_signal(55)
    first = ensure_embedded_judge(rubric=default_rubric())
    labelled_stories(ratings, texts=texts, generator="model-a")
    high, low = (
        checked_stories(1, text=f"{word} " * 9 + "rain lamp rope salt tide")[0] for word in ("copper", "thistle")
    )
    create_jobs(everywhere=True)
    work()
    assert refit_what_is_due() == 1
    version = JudgeVersion.objects.get(active=True)
    assert (version.number, version.calibration_status, version.n_labels) == (
        first.number + 1,
        CalibrationStatus.PROVISIONAL,
        55,
    )
    assert (version.parameters["criteria"]["B1"]["n"], version.parameters["labels_known"]) == (55, 55)
    assert version.parameters["criteria"]["C1"]["method"] == "word counts"
    assert refit_what_is_due() == 0
    work()
    by_key = {score.key: score for score in scores_for_story(high.pk, default_rubric())}
    assert by_key["B1"].value > scores_for_story(low.pk, default_rubric())[3].value + 1
    assert "copper" in by_key["B1"].rationale
    assert by_key["B1"].calibration_status == CalibrationStatus.PROVISIONAL
    assert by_key["C1"].calibration_status == CalibrationStatus.UNCALIBRATED
    # Decided stories keep the scores they had, and are compared by their held-out predictions.
    decided = Review.objects.first()
    assert decided is not None
    assert set(Score.objects.filter(story=decided.story).values_list("judge_version", flat=True)) <= {first.pk}
    rows = {row.key: row for row in quality_of(version)}
    assert rows["B1"].measured.n == 55
    assert rows["B1"].measured.spearman is not None
    assert rows["B1"].measured.spearman > 0.5
    assert (rows["B1"].calibration_status, rows["C1"].calibration_status) == (
        CalibrationStatus.PROVISIONAL,
        CalibrationStatus.UNCALIBRATED,
    )
    assert (rows["C1"].measured.n, rows["C1"].measured.spearman) == (0, None)


def test_too_few_labels_teach_nothing_but_are_measured() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    queue = labelled_stories([2, 4, 3, 5, 1, 4])
    assert refit(rubric=queue.rubric) is None
    create_jobs(everywhere=True)
    work()
    assert measure(version=version)
    assert {row.calibration_status for row in quality_of(version)} == {CalibrationStatus.UNCALIBRATED}
    assert not measure(version=version)
    assert JudgeQuality.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_one_refit_at_a_time() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    answered: list[int] = []

    def other() -> None:
        try:
            answered.append(refit_what_is_due())
        finally:
            connection.close()

    with try_lock(CALIBRATION_REFIT, 0) as got:
        assert got
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert answered == [0]


def test_agreement_is_over_the_first_two_blind_ratings() -> None:
    people = [person() for _ in range(3)]
    queue = queue_of(*people, stories=[add_story() for _ in range(12)], overlap=3)
    values = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 3, 2]
    for place, reviewer in enumerate(people):
        for value in values:
            review_by(reviewer, queue, answers(value if place < 2 else 6 - value))
    found = {one.key: one for one in agreement(queue.rubric)}
    assert found["B1"].alpha.value == pytest.approx(1)
    assert (found["B1"].alpha.n, found["C1"].alpha.n) == (12, 0)
    assert np.isnan(found["C1"].alpha.value)
    assert agreement(queue.rubric, queue=queue)[0].alpha.n == 12
    labelled_stories([4, 2], reviewers=2)
    assert (agreement(queue.rubric)[0].alpha.n, agreement(queue.rubric, queue=queue)[0].alpha.n) == (14, 12)


def test_agreement_is_over_the_first_two_reviews_and_leaves_out_where_either_has_no_answer() -> None:
    people = [person() for _ in range(3)]
    queue = queue_of(*people, stories=[add_story() for _ in range(12)], overlap=3)
    for place, reviewer in enumerate(people):
        for value in [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 3, 2]:
            data = answers(value)
            if place == 0:
                data["ratings"]["A1"] = None
            review_by(reviewer, queue, data)
    found = {one.key: one for one in agreement(queue.rubric)}
    assert (found["A1"].alpha.n, found["A2"].alpha.n) == (0, 12)


def test_an_audit_is_measured_by_labels_and_not_by_agreement() -> None:
    queue = labelled_stories([2, 4, 3], reviewers=2)
    auditor = person()
    audit = queue_of(auditor)
    add_items(actor=SYSTEM, queue=audit, stories=Story.objects.all(), kind=ItemKind.AUDIT)
    for _ in range(3):
        review_by(auditor, audit, answers(5))
    assert labels(queue.rubric).means[:, 0] == pytest.approx([3, 13 / 3, 11 / 3])
    Item.objects.filter(queue=audit).update(kind=ItemKind.GOLD)
    Item.objects.filter(queue=queue).update(kind=ItemKind.AUDIT)
    assert agreement(queue.rubric)[0].alpha.n == 0


def test_a_judge_of_many_stories_is_measured_anew_when_they_have_grown_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SOON", 2)
    monkeypatch.setattr(measuring, "GROWTH", 1.5)
    version = ensure_embedded_judge(rubric=default_rubric())
    assert labelled_count(version.rubric) == 0
    assert not measure(version=version)
    for more, measured in ((1, True), (1, True), (1, True), (1, False), (1, True)):
        labelled_stories([4] * more)
        assert measure(version=version) is measured, labelled_count(version.rubric)


def test_the_figures_of_a_judge_wait_until_nobody_has_yet_to_judge_a_story() -> None:
    """Of one more label the bias tells what it says, and curators see it who may still review the story."""
    version = ensure_embedded_judge(rubric=default_rubric())
    queue = queue_of(one := person(), two := person(), stories=[add_story()])
    review_by(one, queue)
    assert labelled_count(version.rubric) == 1
    assert not measure(version=version)
    review_by(two, queue)
    assert measure(version=version)
    three = queue_of(one, two, third := person(), stories=[add_story()], overlap=3)
    review_by(one, three)
    review_by(two, three)
    assert [part[0].alpha.n for part in (agreement(queue.rubric), agreement(queue.rubric, read=True))] == [2, 1]
    assert [labelled_count(version.rubric), labelled_count(version.rubric, read=True)] == [2, 1]
    review_by(third, three)
    assert agreement(queue.rubric, read=True)[0].alpha.n == 2


def test_the_bias_of_a_judge_is_how_far_its_scores_lie_above_the_ratings() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    queue = labelled_stories([1, 2, 5])
    b1 = version.rubric.criteria.get(key="B1")
    for item, value in zip(queue.items.order_by("story_id"), [3.0, 2.5, None], strict=True):
        if value is not None:
            Score.objects.create(
                story=item.story, judge_version=version, criterion=b1, value=value, standard_deviation=1
            )
    assert measure(version=version)
    rows = {row.key: row.measured for row in quality_of(version)}
    assert (rows["B1"].n, rows["B1"].bias) == (2, 1.25)
    assert (rows["B1"].concordance, rows["B1"].calibration_error) == (0, 1.25)
    assert (rows["A1"].n, rows["A1"].bias, rows["A1"].calibration_error) == (0, None, None)


def test_a_judge_is_measured_on_the_newest_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    queue = labelled_stories([1, 1, 1, 5, 5])
    monkeypatch.setattr("curation.calibration.actions.measuring.MOST", 2)
    human, newest_two = labels(queue.rubric), readings(queue.rubric, newest=2)
    assert newest_two.stories.tolist() == human.stories.tolist()[-2:]
    assert newest_two.means(0).tolist() == [5, 5]
    assert len(newest_two.generators) == 2
    create_jobs(everywhere=True)
    work()
    assert measure(version=version)
    assert {row.measured.labels for row in quality_of(version)} == {5}


def test_a_judge_learns_from_the_newest_stories_and_their_own_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, ratings = texts_with_signal(70)
    queue = labelled_stories(ratings, texts=texts)
    monkeypatch.setattr("curation.calibration.actions.refitting.MOST_LABELLED", 60)
    version = refit(rubric=queue.rubric)
    assert version is not None
    assert (version.n_labels, version.parameters["labels_known"]) == (60, 70)
    learnt = unpack(bytes(version.model_artifact), version.model_artifact_sha256)
    assert learnt.labelled.tolist() == labels(queue.rubric).stories.tolist()[-60:]
    assert spearman(learnt.held_out[:, 0], ratings[-60:]) > 0.3


def test_a_rewrite_is_learnt_from_in_the_fold_of_its_draft() -> None:
    texts, ratings = texts_with_signal(60)
    queue = labelled_stories(ratings, texts=texts)
    first, *others = Story.objects.order_by("id")
    Lineage.objects.bulk_create(Lineage(child=other, parent=first, kind="rewrite") for other in others[:40])
    Check.objects.bulk_create(
        Check(story=other, kind="near_duplicate", verdict="review", other=first, index_version="test")
        for other in others[40:]
    )
    # All sixty are one family, so nothing can be held out.
    assert refit(rubric=queue.rubric) is None


def test_agreement_takes_two_statements(django_assert_num_queries: object) -> None:
    queue = labelled_stories([2, 4, 3], reviewers=2)
    with django_assert_num_queries(2):  # type: ignore[operator]
        agreement(queue.rubric)


def test_who_has_seen_scores_is_recorded_once_and_recused() -> None:
    annie = person()
    [story] = scored_stories(1)
    queue = queue_of(annie, stories=[story])
    for where in ("story", "comparison"):
        assert len(reveal_scores(user=annie, story=story, rubric=queue.rubric, where=where)) > 1
    recusal = Recusal.objects.get(user=annie, story=story)
    assert list(Exposure.objects.values_list("recusal", "where")) == [(recusal.pk, "story")]
    assert Entry.objects.filter(verb="scores.seen").count() == 1
    assert claim(reviewer=annie, queue=queue) is None
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Exposure.objects.all().delete()


def test_it_is_kept_which_judge_was_seen_where_it_was_one() -> None:
    one, both = scored_stories(2)
    rubric = default_rubric()
    said = imported_judge(actor=SYSTEM, agent="grader-2", rubric=rubric, tool="Argilla")
    score = {"version": said.pk, "criterion": rubric.criteria.all()[0].pk, "sample": 0, "value": 4.0}
    insert_scores([{"story": both.pk, "deviation": None, "rationale": "", "quotes": [], **score}])
    for story in (one, both):
        reveal_scores(user=person(), story=story, rubric=rubric, where="story")
    embedded = Score.objects.filter(story=one)[0].judge_version.judge_id
    assert dict(Exposure.objects.values_list("recusal__story", "judge")) == {one.pk: embedded, both.pk: None}


def test_where_there_are_no_scores_nothing_is_recorded() -> None:
    annie = person()
    story = add_story()
    queue = queue_of(annie, stories=[story])
    assert reveal_scores(user=annie, story=story, rubric=queue.rubric, where="story") == []
    assert not Exposure.objects.exists()
    assert claim(reviewer=annie, queue=queue) is not None


def test_seeing_scores_after_the_commit_keeps_the_review() -> None:
    annie = person()
    queue = queue_of(annie, stories=scored_stories(1))
    review = review_by(annie, queue)
    assert reveal_scores(user=annie, story=review.story, rubric=queue.rubric, where="comparison")
    assert Assignment.objects.get().state == "submitted"
    assert labelled_count(queue.rubric) == 1


def test_no_job_is_made_for_decided_stories() -> None:
    queue = labelled_stories([4, 4], reviewers=2)
    ensure_embedded_judge(rubric=queue.rubric)
    undecided = Story.objects.filter(stage__state__in=["checked", "scored", "queued", "adjudication"]).count()
    assert ScoreJob.objects.count() == undecided < Story.objects.count()
