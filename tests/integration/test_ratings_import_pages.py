"""The pages and calls that bring a dataset from Argilla in: what they show first, and what nobody is shown unnoted."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotations.models import Recusal, Review
from curation.accounts.models import Role, User
from curation.accounts.people import close_account
from curation.erasure.actions import ask_purge, erase_person, purge_due
from curation.ratings_import.actions import carry_out_due
from curation.ratings_import.models import NotKept, RatingsImport, Respondent
from curation.standards.models import Rubric
from curation.stories.actions.importing import claim, run_import
from curation.stories.models import Story
from tests import argilla_files as files
from tests.api import Caller
from tests.argilla_files import ANNA, BEN, TALES
from tests.builders import default_rubric, person, queue_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def sent(browser: Client, path: Path) -> str:
    file = SimpleUploadedFile(path.name, path.read_bytes())
    answer = browser.post(reverse("ratings_import_new"), {"file": file})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def work() -> None:
    while run := claim():
        run_import(run=run)
    carry_out_due()


def tales(folder: Path, **more: Any) -> Path:
    return files.to_disk(folder, [files.nested(n, **more) for n in range(3)])


def test_a_dataset_is_looked_at_mapped_and_imported(browser: Client, tmp_path: Path) -> None:
    address = sent(browser, tales(tmp_path))
    page = browser.get(address).content.decode()
    assert "3 records" in page
    assert "6 questions" in page
    assert "grader-2" in page
    assert "whoever answered saw them" in page, "it cannot be said to be blind"
    assert not RatingsImport.objects.exists()
    assert not Rubric.objects.filter(name="tales").exists(), "looking makes no rubric"
    answer = browser.post(address, {"start": "1", "source": "harbour", "name": "Tales", "text": "fields.text"})
    ratings = RatingsImport.objects.get()
    assert answer["Location"] == reverse("ratings_import", args=[ratings.pk])
    assert "hx-get" in browser.get(answer["Location"]).content.decode(), "it is polled while it is under way"
    work()
    page = browser.get(answer["Location"]).content.decode()
    assert "hx-get" not in page
    assert "Not known to be blind" in page
    assert (Review.objects.count(), Story.objects.count()) == (6, 3)
    assert "Tales" in browser.get(reverse("ratings_import_list")).content.decode()


def test_under_a_chosen_rubric_each_question_and_option_is_chosen(browser: Client, tmp_path: Path) -> None:
    rubric = default_rubric()
    address = sent(browser, tales(tmp_path))
    chosen = {"rubric": rubric.pk, "name": "Tales", "source": "harbour", "q0": "criterion:B1", "q2": "marks"}
    page = browser.post(address, {**chosen, "again": "1"}).content.decode()
    assert 'name="q0o4"' in page, "the options of a rating are offered once it becomes a criterion"
    assert not RatingsImport.objects.exists()
    options = {"q0was": "criterion:B1", **{f"q0o{n}": str(5 - n) for n in range(5)}}
    browser.post(address, {**chosen, **options, "q2was": "marks", "q2o0": "theme:boundaries", "start": "1"})
    ratings = RatingsImport.objects.get()
    assert ratings.plan["targets"]["quality"] == {
        "becomes": "criterion:B1",
        "options": {"1": "5", "2": "4", "3": "3", "4": "2", "5": "1"},
    }
    assert ratings.plan["targets"]["topics"]["options"] == {"honesty": "theme:boundaries"}
    work()
    assert set(Review.objects.filter(reviewer__display_name=ANNA).values_list("ratings__value", flat=True)) == {1}


def test_options_that_were_offered_for_something_else_are_not_taken(browser: Client, tmp_path: Path) -> None:
    rubric = default_rubric()
    address = sent(browser, tales(tmp_path))
    given = {"rubric": rubric.pk, "name": "Tales", "source": "harbour", "q1": "criterion:B1", "q1was": "marks"}
    browser.post(address, {**given, "q1o0": "flag:backfire", "start": "1"})
    target = RatingsImport.objects.get().plan["targets"]["tone"]
    assert target == {"becomes": "criterion:B1", "options": {"cold": "1", "warm": "5"}}


def test_what_is_wrong_is_said_on_the_page_and_nothing_is_stored(browser: Client, tmp_path: Path) -> None:
    rubric = default_rubric()
    address = sent(browser, tales(tmp_path))
    twice = {"rubric": rubric.pk, "q0": "criterion:B1", "q1": "criterion:B1"}
    answer = browser.post(address, {**twice, "name": "Tales", "source": "harbour", "start": "1"})
    assert answer.status_code == 422
    assert "Two questions cannot become the same criterion, B1." in answer.content.decode()
    assert browser.post(address, {"name": "Tales", "start": "1"}).status_code == 422, "a source is missing"
    assert not RatingsImport.objects.exists()
    plain = SimpleUploadedFile("a.csv", b"text\nThe tug waited.\n")
    answer = browser.post(reverse("ratings_import_new"), {"file": plain})
    assert answer.status_code == 422
    assert "neither responses nor suggestions" in answer.content.decode()


def test_an_upload_is_only_for_whoever_sent_it(browser: Client, tmp_path: Path) -> None:
    address = sent(browser, tales(tmp_path))
    other = Client()
    other.force_login(person(Role.CURATOR))
    assert other.get(address).status_code == 404
    assert browser.get(address[:-2] + "x/").status_code == 404


def imported(browser: Client, folder: Path, **more: Any) -> RatingsImport:
    address = sent(browser, tales(folder, **more))
    browser.post(address, {"name": "Tales", "source": "harbour", "start": "1"})
    work()
    return RatingsImport.objects.latest("pk")


def test_what_is_not_kept_is_a_table_without_what_was_said(browser: Client, curator: User, tmp_path: Path) -> None:
    responses = {"quality": [{"value": 5, "user_id": ANNA}], "secret": [{"value": {"x": 1}, "user_id": ANNA}]}
    ratings = imported(browser, tmp_path, responses=responses)
    assert ratings.not_kept == 3
    page = browser.get(reverse("ratings_import", args=[ratings.pk])).content.decode()
    assert "secret" in page
    told = b"".join(browser.get(reverse("ratings_import_not_kept", args=[ratings.pk]))).decode("utf-8-sig")  # type: ignore[arg-type]
    rows = list(csv.DictReader(io.StringIO(told)))
    assert [(row["row"], row["record"], row["question"], row["who"], row["why"]) for row in rows] == [
        (str(n + 1), f"tale-{n}", "secret", ANNA, "not_asked") for n in range(3)
    ]
    said = Caller(curator).get(f"ratings-imports/{ratings.pk}/not-kept")["results"]
    assert [one["row"] for one in said] == [3, 2, 1]
    assert said[0]["reason"] == "Its question becomes nothing here."


def test_who_looks_at_imported_reviews_is_on_record_and_reviews_the_story_no_more(
    browser: Client, curator: User, tmp_path: Path
) -> None:
    imported(browser, tmp_path)
    story = Story.objects.get(text=TALES[0])
    page = browser.get(reverse("story_detail", args=[story.pk])).content.decode()
    assert "2 imported reviews" in page
    assert "It asks first." not in page
    assert not Recusal.objects.filter(user=curator).exists()
    page = browser.get(reverse("imported_reviews", args=[story.pk])).content.decode()
    assert "It asks first." in page
    assert "not known to be blind: does not count" in page
    assert list(Recusal.objects.filter(user=curator).values_list("story", "saw")) == [(story.pk, "reviews")]


def test_who_may_still_be_given_the_story_is_told_nothing_of_them(
    browser: Client, curator: User, tmp_path: Path
) -> None:
    imported(browser, tmp_path)
    story = Story.objects.get(text=TALES[0])
    queue_of(curator, stories=[story])
    assert "imported review" not in browser.get(reverse("story_detail", args=[story.pk])).content.decode()
    assert browser.get(reverse("imported_reviews", args=[story.pk])).status_code == 403
    assert Caller(curator)("GET", f"stories/{story.pk}/imported-reviews").status_code == 403
    assert not Recusal.objects.filter(user=curator).exists()


def test_a_program_does_the_same_in_two_calls(curator: User, tmp_path: Path) -> None:
    anna, call, rubric = person(username="anna"), Caller(curator), default_rubric()
    content = tales(tmp_path).read_bytes()
    kind = "application/octet-stream"
    answer = call("POST", "ratings-uploads?name=tales.zip", content, Content_Type=kind)
    assert answer.status_code == 200, answer.content
    look = answer.json()
    assert (look["shape"], look["rows"], look["people"]) == ("nested", 3, {ANNA: 3, BEN: 3})
    plan = {
        "columns": look["plan"]["columns"],
        "targets": {"quality": {"becomes": "criterion:B1", "options": {"5": "4"}}},
    }
    new = {
        "upload": look["upload"],
        "name": "Tales",
        "rubric_id": rubric.pk,
        "plan": plan,
        "people": {ANNA: "anna"},
    }
    started = call.post("ratings-imports", new)
    work()
    found = call.get(f"ratings-imports/{started['id']}")
    assert (found["state"], found["stories"], found["reviews"], found["scores"]) == ("done", 3, 3, 0)
    assert [one["id"] for one in call.get("ratings-imports")["results"]] == [started["id"]]
    story = Story.objects.get(text=TALES[0])
    (review,) = call.get(f"stories/{story.pk}/imported-reviews")
    assert (review["origin"], review["blind"], review["answers"]["ratings"]) == ("argilla", False, {"B1": 4})
    assert Review.objects.filter(reviewer=anna).count() == 3
    wrong = call("POST", "ratings-imports", {**new, "people": {ANNA: "nobody"}})
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "Nobody signs in as nobody.")
    assert call("POST", f"ratings-imports/{started['id']}/resume").status_code == 409


def test_who_somebody_was_in_the_other_tool_goes_with_them(browser: Client, tmp_path: Path) -> None:
    path = files.as_json(tmp_path, [files.task(n) for n in range(2)] + [files.task(2, status="Discarded")])
    browser.post(sent(browser, path), {"name": "Tales", "source": "harbour", "start": "1"})
    work()
    absent = Respondent.objects.get(key="anna").user
    assert NotKept.objects.filter(who="anna").exists()
    admin = person(Role.ADMIN)
    close_account(actor=admin, user=absent)
    erase_person(actor=admin, user=absent, confirmed_name=absent.username, with_comments=False)
    assert not Respondent.objects.exists()
    assert not NotKept.objects.filter(who="anna").exists()
    assert "anna" not in json.dumps([one.plan for one in RatingsImport.objects.all()])
    assert Review.objects.filter(reviewer=absent).count() == 2


def test_what_a_purged_story_was_called_there_goes_with_it(browser: Client, tmp_path: Path) -> None:
    imported(browser, tmp_path, responses={"odd": [{"value": {}, "user_id": ANNA}]})
    story = Story.objects.get(text=TALES[0])
    assert NotKept.objects.filter(record="tale-0").exists()
    ask_purge(actor=person(Role.ADMIN), story=story, kind="law", reason="A court.")
    purge_due()
    assert not NotKept.objects.filter(record="tale-0").exists()
    assert NotKept.objects.filter(record="tale-1").exists()
    assert not Review.objects.filter(story=story).exclude(comment="").exists()
