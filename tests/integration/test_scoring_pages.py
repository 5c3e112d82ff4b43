"""The scoring page, the score command, and the comparison after the commit."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotations.models import Item, Queue, Recusal, Review
from curation.accounts.models import Role, User
from curation.calibration.actions import measure
from curation.calibration.models import Exposure
from curation.scoring.actions import adopt, create_jobs, ensure_embedded_judge, work
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.judge import CalibrationStatus
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


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def failed_scoring() -> JudgeVersion:
    """A version whose artifact is damaged, and a story that it could not score, up to the last try."""
    version = adopt(
        rubric=default_rubric(),
        model="damaged",
        calibration_status=CalibrationStatus.PROVISIONAL,
        n_labels=60,
        parameters={},
        model_artifact=b"damaged",
        model_artifact_sha256="0" * 64,
    )
    checked_stories(1)
    while not ScoreJob.objects.filter(state="failed").exists():
        work()
        ScoreJob.objects.update(next_at="2000-01-01T00:00:00Z")
    return version


def scored_review(reviewer: User, **queue: Any) -> Review:
    """A review of a story that was scored before."""
    stories = scored_stories(1)
    return review_by(reviewer, queue_of(reviewer, stories=stories, **queue), answers(4, comment=""))


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.RESEARCHER])
def test_scores_are_not_for_reviewers(role: Role) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    client = signed_in(person(role))
    assert client.get(reverse("scoring_progress")).status_code == 403
    assert client.post(reverse("scoring_retry", args=[version.pk])).status_code == 403
    assert "login" in Client().get(reverse("scoring_progress")).headers["Location"]


def test_a_curator_sees_how_far_it_is_and_how_good() -> None:
    client = signed_in(person(Role.CURATOR))
    assert "No judge yet" in client.get(reverse("scoring_progress")).content.decode()
    scored_stories(3)
    labelled_stories([1, 3, 5, 2])
    version = JudgeVersion.objects.get()
    work()
    measure(version=version)
    checked_stories(2)
    page = client.get(reverse("scoring_progress")).content.decode()
    assert "Uncalibrated: it counts words" in page
    assert "3 of 3 stories scored." in page
    assert "Not yet known: it was held against the ratings of 0 stories, and it takes 50." in " ".join(page.split())
    assert reverse("judge_quality", args=[version.pk]) in page
    assert "<html" in page
    part = client.get(reverse("scoring_progress"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "hx-trigger" not in part
    create_jobs()
    part = client.get(reverse("scoring_progress"), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in part


def test_a_failure_is_shown_with_its_reason_and_can_be_tried_again() -> None:
    version = failed_scoring()
    client = signed_in(person(Role.CURATOR))
    page = client.get(reverse("scoring_progress")).content.decode()
    assert "does not match its checksum" in page
    answer = client.post(reverse("scoring_retry", args=[version.pk]), follow=True)
    assert "1 story will be tried again." in answer.content.decode()
    assert ScoreJob.objects.get().state == "pending"
    assert client.post(reverse("scoring_retry", args=[version.pk + 1])).status_code == 404


def test_the_page_takes_few_statements(django_assert_max_num_queries: Any) -> None:
    failed_scoring()
    client = signed_in(person(Role.CURATOR))
    client.get(reverse("scoring_progress"))
    with django_assert_max_num_queries(8):
        client.get(reverse("scoring_progress"))


def test_the_command_scores_and_reports() -> None:
    default_rubric()
    checked_stories(5)
    add_story()
    out = StringIO()
    call_command("score", "--now", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["stories"], told["scored"], told["failed"]) == (5, 5, 0)
    assert told["versions"][0]["calibration_status"] == "uncalibrated"
    out = StringIO()
    call_command("score", stdout=out)
    assert "5 of 5 stories scored." in out.getvalue()
    assert "1 stories wait for their checks first" in out.getvalue()


def test_the_command_fails_with_the_reason() -> None:
    failed_scoring()
    with pytest.raises(CommandError, match=r"1 stories could not be scored.* The stored scorer"):
        call_command("score", "--now", stdout=StringIO())


def test_the_own_commit_can_be_compared_and_exposes() -> None:
    annie = person()
    review = scored_review(annie, reveal=True)
    client = signed_in(annie)
    url = reverse("comparison", args=[review.pk])
    page = client.get(url).content.decode()
    assert "Uncalibrated: the model only counted words" in page
    assert page.count('<svg class="scale"') == 10
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Visible deliberation" in part
    assert "B1" not in part, "a code that the sheet never shows"
    assert Exposure.objects.filter(recusal__user=annie, recusal__story=review.story, where="comparison").count() == 1
    assert Recusal.objects.filter(user=annie, story=review.story).exists()


def test_a_criterion_that_was_not_rated_and_one_that_is_n_a_are_told_apart() -> None:
    annie = person()
    data = answers(4)
    data["ratings"]["A1"] = None
    stories = scored_stories(1)
    review = review_by(annie, queue_of(annie, stories=stories, reveal=True), data)
    page = signed_in(annie).get(reverse("comparison", args=[review.pk])).content.decode()
    assert page.count("N/A") == 1


def test_nobody_else_can_open_a_comparison() -> None:
    annie = person()
    review = scored_review(annie, reveal=True)
    for other in (person(), person(Role.CURATOR), person(Role.RESEARCHER)):
        assert signed_in(other).get(reverse("comparison", args=[review.pk])).status_code == 404
    assert not Exposure.objects.exists()


def test_a_queue_without_reveal_and_items_that_measure_show_nothing() -> None:
    annie = person()
    review = scored_review(annie)
    client = signed_in(annie)
    url = reverse("comparison", args=[review.pk])
    assert client.get(url).status_code == 403
    Queue.objects.update(reveal=True)
    for kind in ("gold", "audit", "repeat"):
        Item.objects.update(kind=kind)
        assert client.get(url).status_code == 403
    assert not Exposure.objects.exists()


def test_without_scores_nobody_is_exposed() -> None:
    annie = person()
    review = scored_review(annie, reveal=True)
    JudgeVersion.objects.update(active=False)
    other = review_by(annie, queue_of(annie, stories=[add_story()], reveal=True))
    page = signed_in(annie).get(reverse("comparison", args=[other.pk])).content.decode()
    assert "The model has not scored this story" in page
    assert not Exposure.objects.exists()
    assert Score.objects.filter(story=review.story).exists()


def test_the_comparison_takes_few_statements(django_assert_max_num_queries: Any) -> None:
    annie = person()
    review = scored_review(annie, reveal=True)
    client = signed_in(annie)
    client.get(reverse("comparison", args=[review.pk]))
    with django_assert_max_num_queries(8):
        client.get(reverse("comparison", args=[review.pk]))


def test_the_comparison_says_at_a_glance_where_the_two_are_apart() -> None:
    annie, stories = person(), scored_stories(1)
    text = stories[0].text
    values = dict(Score.objects.filter(story=stories[0]).values_list("criterion__key", "value"))
    near = {key: round(value) for key, value in values.items() if not key.startswith("C")}
    far = {"B1": 1 if values["B1"] >= 3 else 5}
    passage = {"criterion": "B1", "flag": None, "start": 0, "end": 7, "quote": text[:7]}
    queue = queue_of(annie, stories=stories, reveal=True)
    review = review_by(annie, queue, answers(ratings=near | far, spans=[passage]))
    response = signed_in(annie).get(reverse("comparison", args=[review.pk]))
    compared, page = response.context["compared"], response.content.decode()
    assert [line.score.key for line in compared.apart] == ["B1"]
    assert (compared.both, compared.close, len(compared.rest)) == (7, 6, 9)
    assert "6 of 7 the same or near; apart on Visible deliberation." in page
    lines = page[page.index("Where you are apart") :]
    assert lines.index("Visible deliberation") < lines.index("Conduct under pressure")
    assert page.index(text[:7]) < page.index("The others")
    assert page.count("<details>") >= 9
    assert f'href="{reverse("review_revise", args=[review.pk])}"' in page


def test_a_review_without_an_ai_has_nothing_to_compare() -> None:
    annie, stories = person(), scored_stories(1)
    queue = queue_of(annie, stories=stories, reveal=True)
    review = review_by(annie, queue, answers(ratings={}, out_of_scope=True))
    page = signed_in(annie).get(reverse("comparison", args=[review.pk])).content.decode()
    assert "You rated nothing that the model could be compared with." in page
