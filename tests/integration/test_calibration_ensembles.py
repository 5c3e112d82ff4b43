"""Ensembles: the plain mean of their judges until enough stories are rated, then weighed by what each adds."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.calibration.actions import combine_what_is_due, combining, measure, reveal_scores
from curation.calibration.actions.combining import ENSEMBLES, members_of, weigh_anew
from curation.calibration.fit.combining import Combination
from curation.calibration.models import JudgeQuality
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.core.locks import CALIBRATION_REFIT, try_lock
from curation.core.statistics import spearman
from curation.scoring.actions import (
    add_version,
    create_ensemble,
    create_jobs,
    ensure_embedded_judge,
    insert_scores,
    new_ensemble_version,
    retire_judge,
)
from curation.scoring.models import EnsembleMember, JudgeVersion, Score, ScoreJob
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import awaiting_scores, criterion_calibration_status, progress
from curation.scoring.telling import told
from curation.scoring.values import scores_for_story
from curation.standards.queries import current_constitution
from curation.stories.models import Story
from curation.triage.filters import StoryFilter
from curation.triage.queries import StorySelection, choosable_judges, select_stories
from tests.builders import add_story, checked_stories, default_rubric, labelled_stories, person, queue_of, review_by
from tests.judging import llm_judge, provider, started_run

pytestmark = pytest.mark.django_db


def combined(*members: JudgeVersion, name: str = "Both") -> JudgeVersion:
    return create_ensemble(
        actor=person(Role.CURATOR), name=name, rubric=default_rubric(), judges=[one.judge for one in members]
    )


def said(
    version: JudgeVersion, values: Mapping[Story, float | None], *, sample: int = 0, of: Iterable[str] = ()
) -> None:
    """Have a judge version say `values` of stories, on all criteria or on those of these keys."""
    criteria = dict(version.rubric.criteria.values_list("key", "pk"))
    insert_scores(
        [
            {"story": story.pk, "version": version.pk, "criterion": criteria[key], "sample": sample, "value": value,
             "deviation": None, "rationale": "", "quotes": []}
            for story, value in values.items() for key in of or criteria
        ]
    )  # fmt: skip


def of_story(version: JudgeVersion, story: Story, key: str = "B1") -> float | None:
    return Score.objects.get(judge_version=version, story=story, criterion__key=key).value


def test_judges_are_combined_by_a_curator_who_chose_some_for_one_rubric() -> None:
    one, other = llm_judge("One"), llm_judge("Other")
    version = combined(one, other)
    assert members_of(version) == [one, other]
    assert (version.judge.kind, version.paid, version.calibration_status) == ("ensemble", False, "uncalibrated")
    verbs = Entry.objects.filter(verb__startswith="judge").order_by("-pk").values_list("verb", flat=True)[:2]
    assert list(verbs) == ["judge_version.activated", "judge.created"]
    with pytest.raises(Conflict, match="called “Both” already"):
        combined(one, other)
    with pytest.raises(InvalidInput, match="Choose 2 to 6 judges"):
        combined(one, one, name="One twice")
    with pytest.raises(InvalidInput, match="Both combines judges itself"):
        combined(one, version, name="Deep")
    retire_judge(actor=person(Role.CURATOR), judge=other.judge)
    with pytest.raises(InvalidInput, match="Other has no version at work for"):
        combined(one, other, name="Again")
    with pytest.raises(NotAllowed):
        create_ensemble(actor=person(), name="Mine", rubric=one.rubric, judges=[one.judge, other.judge])
    retire_judge(actor=person(Role.CURATOR), judge=version.judge)
    assert not JudgeVersion.objects.get(pk=version.pk).active


def test_it_asks_nobody_and_holds_no_story_up() -> None:
    version = combined(llm_judge(), llm_judge())
    (story,) = checked_stories(1)
    create_jobs(everywhere=True)
    assert not ScoreJob.objects.filter(judge_version=version).exists()
    assert version.pk not in [one.version.pk for one in progress()]
    assert awaiting_scores(Story.objects.all()).filter(pk=story.pk).exists()
    with pytest.raises(InvalidInput, match="learns its versions"):
        add_version(
            actor=person(Role.CURATOR),
            judge=version.judge,
            rubric=version.rubric,
            constitution=current_constitution(),
            provider=llm_judge().provider,
            model="practice-1",
        )


def test_without_ratings_it_is_the_mean_of_those_who_said_something() -> None:
    one, other = llm_judge(samples=2), llm_judge()
    version = combined(one, other)
    both, first_only = checked_stories(2)
    said(one, {both: 2, first_only: 4})
    said(one, {both: 3}, sample=1)
    said(other, {both: 5}, of=["B1", "C1"])
    said(other, {both: None}, of=["D1"])
    said(one, {both: None}, of=["A1"], sample=2)
    assert combine_what_is_due() == 1
    assert of_story(version, both) == 3.75
    assert of_story(version, both, "D1") == 2.5
    assert not Score.objects.filter(judge_version=version, story=first_only).exists()
    (score,) = [one for one in scores_for_story(both.pk, version.rubric, version.judge) if one.key == "B1"]
    assert (score.standard_deviation, score.quotes) == (None, [])
    assert score.rationale == "The plain mean of 2 judges: too few rated stories say how to weigh them."
    assert combine_what_is_due() == 0


def test_a_story_is_combined_once_all_samples_are_there() -> None:
    one, other = llm_judge(samples=2), llm_judge()
    version = combined(one, other)
    (story,) = checked_stories(1)
    started_run(one, [story])
    said(one, {story: 2})
    said(other, {story: 4})
    assert combine_what_is_due() == 0
    ScoreJob.objects.filter(judge_version=one).delete()
    assert combine_what_is_due() == 1
    assert of_story(version, story) == 3


def test_what_was_said_since_is_combined_and_now_and_then_whatever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combining, "STORED_LATE", 0)
    one, other = llm_judge(), llm_judge()
    version = combined(one, other)
    first, second, third = checked_stories(3)
    said(one, {first: 2, second: 2, third: 2})
    said(other, {first: 4})
    assert combine_what_is_due() == 1
    said(other, {second: 5})
    assert combine_what_is_due() == 1
    started_run(other, [third])
    said(other, {third: 5})
    assert combine_what_is_due() == 0
    ScoreJob.objects.filter(judge_version=other).delete()
    assert combine_what_is_due() == 0, "nothing was said since"
    monkeypatch.setattr(combining, "LOOKS_EVERYWHERE", 0.0)
    assert combine_what_is_due() == 1
    assert of_story(version, third) == 3.5


def in_a_session_of_its_own() -> int:
    with patch("curation.calibration.actions.combining.combine_scores", return_value=1) as asked:
        done = combine_what_is_due()
    assert not asked.called
    connection.close()
    return done


def test_one_process_at_a_time_combines() -> None:
    combined(llm_judge(), llm_judge())
    with ThreadPoolExecutor(1) as other, try_lock(CALIBRATION_REFIT, ENSEMBLES):
        assert other.submit(in_a_session_of_its_own).result() == 0


def test_with_ratings_it_weighs_them_and_says_of_rated_stories_what_was_said_without_their_labels() -> None:
    chance = np.random.default_rng(5)
    ratings = chance.integers(1, 6, 60).tolist()
    queue = labelled_stories(ratings)
    rated = list(Story.objects.filter(items__queue=queue).order_by("pk"))
    good, noise, late = llm_judge("Good"), llm_judge("Noise"), llm_judge("Late")
    version, untold = combined(good, noise), combined(good, late, name="Untold")
    (new,) = checked_stories(1)
    said(
        good,
        {story: float(np.clip(r + chance.normal(0.8, 0.5), 1, 5)) for story, r in zip(rated, ratings, strict=True)},
    )
    said(noise, {story: float(chance.uniform(1, 5)) for story in rated})
    said(good, {new: 4.8})
    said(noise, {new: 1.0})
    assert combine_what_is_due() == 1
    weighed = version.judge.versions.get(active=True)
    assert (weighed.number, weighed.calibration_status, weighed.n_labels) == (2, CalibrationStatus.PROVISIONAL, 60)
    assert criterion_calibration_status(weighed, "C1") == CalibrationStatus.UNCALIBRATED
    facts = weighed.parameters["criteria"]
    assert "C1" not in facts
    assert facts["B1"]["shares"][0] > 0.8
    assert of_story(weighed, new) > 3.4
    score = next(one for one in scores_for_story(new.pk, weighed.rubric, weighed.judge) if one.key == "B1")
    assert score.standard_deviation == pytest.approx(facts["B1"]["error"])
    assert score.rationale == "2 judges together, each weighed by how well it agrees with reviewers."
    held_out = [of_story(weighed, story) for story in rated]
    judged = np.array([[of_story(good, story), of_story(noise, story)] for story in rated])
    seen = Combination(facts).values("B1", judged)[0]
    assert held_out != pytest.approx(seen.tolist())
    assert np.mean((np.array(held_out) - ratings) ** 2) > np.mean((seen - ratings) ** 2)
    assert spearman(held_out, ratings) > 0.7
    assert measure(version=weighed)
    assert measure(version=good)
    together, alone = (JudgeQuality.objects.get(judge_version=one, criterion__key="B1") for one in (weighed, good))
    assert together.n == alone.n == 60
    assert abs(together.bias) < 0.2 < 0.5 < alone.bias
    assert together.calibration_error < alone.calibration_error
    assert together.saved_low > 0
    assert combine_what_is_due() == 0
    assert version.judge.versions.count() == 2
    assert untold.judge.versions.count() == 1


def test_a_newer_version_of_a_judge_takes_its_place_at_once_while_nothing_is_weighed() -> None:
    one, other = llm_judge(), llm_judge()
    version = combined(one, other)
    same = {"rubric": one.rubric, "constitution": one.constitution, "provider": one.provider, "model": one.model}
    later = add_version(actor=person(Role.CURATOR), judge=one.judge, **same)
    made = weigh_anew(version=version)
    assert made is not None
    assert members_of(made) == [later, other]
    assert weigh_anew(version=made) is None


def test_of_older_versions_nothing_stays_but_what_somebody_has_used() -> None:
    one, other = llm_judge(), llm_judge()
    version = combined(one, other)
    used, unused = checked_stories(2)
    reviewed = review_by(annie := person(), queue_of(annie, person(), stories=[add_story()])).story
    curator = person(Role.CURATOR)
    same = {"rubric": one.rubric, "constitution": one.constitution, "provider": one.provider, "model": one.model}
    current = one
    for _round in range(3):
        said(current, {used: 2, unused: 3, reviewed: 1})
        said(other, {used: 4, unused: 5, reviewed: 3})
        # A rated story has what was said of it from when its judges were weighed.
        assert combine_what_is_due() == (3 if current == one else 2)
        reveal_scores(user=curator, story=used, rubric=version.rubric, where="story")
        current = add_version(actor=person(Role.CURATOR), judge=one.judge, **same)
    kept = Score.objects.filter(judge_version__judge=version.judge, criterion__key="B1")
    numbers = kept.order_by("judge_version__number").values_list("judge_version__number", flat=True)
    assert list(numbers.filter(story=used)) == list(numbers.filter(story=reviewed)) == [1, 2, 3]
    assert list(numbers.filter(story=unused)) == [2, 3]


def test_it_orders_a_queue_as_any_judge_does() -> None:
    one, other = llm_judge(), llm_judge()
    version = combined(one, other)
    low, high = checked_stories(2)
    said(one, {low: 1, high: 4})
    said(other, {low: 3, high: 5})
    combine_what_is_due()
    assert version.judge in choosable_judges()
    wanted = StorySelection(StoryFilter(), order="high", judge=version.judge.key)
    assert select_stories(wanted, version.rubric).story_ids == [high.pk, low.pk]
    assert select_stories(wanted, version.rubric).priorities == {high.pk: 450, low.pk: 200}


def test_who_is_combined_is_kept_by_the_database() -> None:
    one, other = llm_judge(), llm_judge()
    version = combined(one, other)
    for wrong in ({"ensemble": version, "member": version}, {"ensemble": version, "member": one}):
        with pytest.raises(IntegrityError), transaction.atomic():
            EnsembleMember.objects.create(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        EnsembleMember.objects.filter(ensemble=version).delete()
    ensure_embedded_judge(rubric=version.rubric)


def test_a_curator_combines_judges_on_a_page_and_sees_how_they_are_weighed() -> None:
    one, other = llm_judge("One"), llm_judge("Other")
    curator = Client()
    curator.force_login(person(Role.CURATOR))
    page = curator.get(reverse("judge_combine")).content.decode()
    assert f'value="{one.judge.pk}"' in page
    sent = {"name": "Both", "rubric": one.rubric.pk, "judges": [one.judge.pk]}
    refused = curator.post(reverse("judge_combine"), sent)
    assert refused.status_code == 422
    assert "Choose 2 to 6 judges to combine." in refused.content.decode()
    made = curator.post(reverse("judge_combine"), sent | {"judges": [one.judge.pk, other.judge.pk]}, follow=True)
    assert made.redirect_chain == [(reverse("judge", args=["both"]), 302)]
    assert "The plain mean of these judges" in made.content.decode()
    version = JudgeVersion.objects.get(judge__key="both")
    assert f'value="{version.judge_id}"' not in curator.get(reverse("judge_combine")).content.decode()
    facts = {"n": 60, "weights": [0.7, 0.3], "shares": [0.8, 0.2], "curves": [], "knots": [], "error": 0.61}
    new_ensemble_version(
        judge=version.judge, rubric=version.rubric, members=[one, other], parameters={"criteria": {"B1": facts}}
    )
    shown = curator.get(reverse("judge", args=["both"])).content.decode()
    assert "80" in shown
    assert "0.61" in shown
    assert "Visible deliberation" in shown


def test_one_that_combines_the_practice_model_is_named_as_such() -> None:
    practising = llm_judge("Practising", provider=provider(is_practice=True))
    both, none = combined(practising, llm_judge("Other")), combined(llm_judge("One"), llm_judge("Two"), name="Serious")
    assert [one.is_practice for one in (practising, both, none)] == [True, True, False]
    curator = Client()
    curator.force_login(person(Role.CURATOR))
    for version, times in ((both, 1), (none, 0)):
        for address in (reverse("judge", args=[version.judge.key]), reverse("judge_quality", args=[version.pk])):
            assert curator.get(address).content.decode().count("Practice model") == times
    story = add_story()
    for version in (both, none):
        said(version, {story: 4})
    shown = curator.post(reverse("story_scores", args=[story.pk]), follow=True).content.decode()
    assert re.findall(r"<caption>(\w+) v1[^<]*?(Practice model)?</caption>", shown) == [
        ("Both", "Practice model"),
        ("Serious", ""),
    ]


def test_what_it_says_is_told_in_german() -> None:
    with translation.override("de"):
        assert told("2 judges together, each weighed by how well it agrees with reviewers.").startswith("2 Prüfmodelle")
