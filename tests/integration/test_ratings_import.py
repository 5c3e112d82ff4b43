"""A dataset from Argilla, brought in whole: stories, reviews, scores, and a list of what has no place here."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotations.actions import claim, shut_story
from annotations.counting import Use
from annotations.models import Item, Recusal, Review
from curation.accounts.models import Role, User
from curation.accounts.people import close_account, reopen_account
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.ratings_import.actions import carry_out, carrying, resume_ratings_import, start_ratings_import
from curation.ratings_import.actions import claim as claim_import
from curation.ratings_import.forms import ChosenMapping
from curation.ratings_import.looking import look
from curation.ratings_import.models import NotKept, RatingsImport
from curation.ratings_import.plan import RatingsImportPlan, Target
from curation.scoring.models import Judge, Score
from curation.scoring.queries import rubric_in_use
from curation.standards.models import Rubric
from curation.standards.queries import current_rubric
from curation.stories.actions.importing import claim as claim_stories
from curation.stories.actions.importing import run_import
from curation.stories.files import keep
from curation.stories.models import Story
from tests import argilla_files as files
from tests.argilla_files import ANNA, BEN, TALES
from tests.builders import add_story, default_rubric, person, queue_of, source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def started(path: Path, *, actor: User | None = None, rubric: Rubric | None = None, **given: Any) -> RatingsImport:
    found = look(path, path.name)
    chosen = ChosenMapping(found, "Tales", None, rubric=rubric)
    plan = chosen.plan
    plan = RatingsImportPlan(plan.columns, given.pop("targets", plan.targets), given.pop("people", plan.people))
    return start_ratings_import(
        actor=actor or person(Role.CURATOR),
        source=source(),
        kept=keep(path),
        file_name=path.name,
        name="Tales",
        look=found,
        rubric=rubric,
        plan=plan,
        **given,
    )


def done(ratings: RatingsImport) -> RatingsImport:
    run = claim_stories(run_id=ratings.run_id)
    if run is not None:
        run_import(run=run)
    mine = claim_import(ratings_id=ratings.pk)
    assert mine is not None
    return carry_out(mine)


def three(folder: Path, **more: Any) -> Path:
    return files.to_disk(folder, [files.nested(n, **more) for n in range(3)])


def test_records_become_stories_responses_reviews_and_suggestions_scores(tmp_path: Path) -> None:
    ratings = done(started(three(tmp_path)))
    assert (ratings.state, ratings.run.state) == ("done", "done")
    assert (ratings.rows_done, ratings.reviews, ratings.scores, ratings.not_kept) == (3, 6, 3, 0)
    story = Story.objects.get(text=TALES[0])
    assert (story.title, story.generator, story.original_id) == ("Tale 0", "storyteller-1", "tale-0")
    assert set(story.original) <= {"fields", "metadata", "source file"}, "what was said of it is not kept with it"
    review = Review.objects.get(story=story, comment="Why: It asks first.")
    assert (review.kind, review.origin, review.blind) == ("imported", "argilla", False)
    assert dict(review.ratings.values_list("criterion__key", "value")) == {"D1": 5, "D2": 5}
    assert list(review.spans.values_list("flag__key", "quote")) == [("weak", "tug")]
    score = Score.objects.get(story=story)
    assert (score.judge_version.judge.name, score.judge_version.judge.kind) == ("grader-2", "imported")
    assert (score.value, score.standard_deviation, score.criterion.key) == (4.0, None, "D1")
    assert score.rationale == "Its model gave this suggestion a score of 0.87."
    rubric = Rubric.objects.get(name="Tales")
    assert (rubric.version, rubric.summary, rubric.frozen_at is not None) == (1, "Rate the tale.", True)
    assert Item.objects.filter(kind="imported", seats=0).count() == 3
    assert ratings.queue.state == "closed"


def test_a_rubric_that_was_made_of_it_is_in_force_nowhere_else(tmp_path: Path) -> None:
    before = default_rubric()
    done(started(three(tmp_path)))
    assert Rubric.objects.count() == 2
    assert current_rubric() == rubric_in_use() == before


def test_nothing_of_it_decides_or_counts_unless_it_was_blind(tmp_path: Path) -> None:
    done(started(three(tmp_path)))
    for use in Use:
        assert not Review.objects.counting(use).exists(), use


def test_what_was_blind_counts_for_agreement_and_for_judges_alone(tmp_path: Path) -> None:
    done(started(three(tmp_path, suggestions={}), blind=True))
    counting = {use for use in Use if Review.objects.counting(use).count() == 6}
    assert counting == {Use.AGREEMENT, Use.LABELS}
    assert {use for use in Use if Review.objects.counting(use).exists()} == counting


def test_a_dataset_with_suggestions_was_not_blind(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="saw what models suggested"):
        started(three(tmp_path), blind=True)
    assert not RatingsImport.objects.exists()


def test_twice_changes_nothing(tmp_path: Path) -> None:
    path = three(tmp_path)
    first = done(started(path))
    again = done(started(path, rubric=first.rubric))
    assert (again.reviews, again.reviews_there, again.scores, again.scores_there) == (0, 6, 0, 3)
    assert (Review.objects.count(), Score.objects.count(), Story.objects.count()) == (6, 3, 3)
    assert User.objects.filter(username__startswith="argilla-").count() == 2
    assert Judge.objects.filter(kind="imported").count() == 1


def test_nothing_more_is_kept_of_a_purged_story(tmp_path: Path) -> None:
    ratings = started(three(tmp_path))
    run = claim_stories(run_id=ratings.run_id)
    assert run is not None
    run_import(run=run)
    shut_story(story_id=Story.objects.get(text=TALES[0]).pk)
    assert (done(ratings).reviews, Score.objects.count()) == (4, 2)
    assert [(one.row, one.why) for one in NotKept.objects.all()] == [(1, "no_story")]


@pytest.mark.parametrize("at", ["stories", "reviews"])
def test_an_import_that_is_cut_off_goes_on_without_doubles(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "CHUNK_ROWS", 1)
    ratings = started(three(tmp_path))
    run = claim_stories(run_id=ratings.run_id)
    assert run is not None
    run_import(run=run)
    mine = claim_import()
    assert mine is not None

    def stop(_one: RatingsImport) -> None:
        raise KeyboardInterrupt if at == "reviews" else ConnectionResetError

    if at == "reviews":
        with pytest.raises(KeyboardInterrupt):
            carry_out(mine, progress=stop)
    else:
        assert carry_out(mine, progress=stop).state == "pending"
    assert RatingsImport.objects.get().rows_done == 1
    RatingsImport.objects.update(next_at="2020-01-01T00:00Z")
    mine = claim_import()
    assert mine is not None
    ratings = carry_out(mine)
    assert (ratings.state, ratings.rows_done, ratings.reviews, ratings.scores) == ("done", 3, 6, 3)
    assert Review.objects.count() == 6


def test_it_waits_until_its_stories_are_stored(tmp_path: Path) -> None:
    ratings = started(three(tmp_path))
    assert claim_import() is None
    assert done(ratings).state == "done"


def test_a_file_that_is_gone_fails_with_the_reason_and_can_be_resumed(tmp_path: Path, settings: Any) -> None:
    curator = person(Role.CURATOR)
    ratings = started(three(tmp_path), actor=curator)
    run = claim_stories(run_id=ratings.run_id)
    assert run is not None
    run_import(run=run)
    kept = settings.HOME / "files" / "imports" / ratings.run.file_sha256
    kept.rename(kept.with_suffix(".away"))
    mine = claim_import()
    assert mine is not None
    failed = carry_out(mine)
    assert (failed.state, failed.error) == ("failed", "The imported file is gone. Import the dataset once more.")
    kept.with_suffix(".away").rename(kept)
    resume_ratings_import(actor=curator, ratings=failed)
    assert done(failed).reviews == 6
    with pytest.raises(Conflict, match="has not failed"):
        resume_ratings_import(actor=curator, ratings=failed)


def test_people_here_are_known_by_name_or_as_settled_and_the_others_cannot_sign_in(tmp_path: Path) -> None:
    anna = person(username="anna")
    path = files.as_json(tmp_path, [files.task(n) for n in range(3)])
    done(started(path))
    assert set(Review.objects.values_list("reviewer", flat=True)) == {anna.pk}
    done(started(three(tmp_path), people={ANNA: anna.pk}))
    absent = User.objects.get(username__startswith="argilla-")
    assert (absent.is_active, absent.has_usable_password(), absent.display_name) == (False, False, BEN)
    # Settled once, she is known by her key from then on.
    chosen = ChosenMapping(look(tmp_path / "tales.zip", "tales.zip"), "Other tales", None)
    assert chosen.plan.people == {ANNA: anna.pk}


def test_who_saw_a_suggestion_there_does_not_review_the_story_here_under_any_rubric(tmp_path: Path) -> None:
    anna, ben, admin = person(username="anna"), person(username="ben"), person("admin")
    close_account(actor=admin, user=ben)
    done(started(three(tmp_path), people={ANNA: anna.pk, BEN: ben.pk}))
    assert set(Recusal.objects.values_list("user", "saw")) == {(anna.pk, "scores"), (ben.pk, "scores")}
    reopen_account(actor=admin, user=ben)
    ben.refresh_from_db()
    queue = queue_of(anna, ben, stories=list(Story.objects.all()))
    for who in (anna, ben):
        assert claim(reviewer=who, queue=queue) is None


def test_only_the_stories_that_something_was_suggested_for_are_kept_from_who_answered(tmp_path: Path) -> None:
    anna = person(username="anna")
    done(started(files.to_disk(tmp_path, [files.nested(0), files.nested(1, suggestions={})]), people={ANNA: anna.pk}))
    assert [one.story.text for one in Recusal.objects.filter(user=anna)] == [TALES[0]]


def test_a_reviewer_on_both_sides_does_not_count_twice(tmp_path: Path) -> None:
    anna = person(username="anna")
    story = add_story(TALES[0])
    queue = queue_of(anna, stories=[story])
    assert claim(reviewer=anna, queue=queue) is not None
    targets = {"quality": Target("criterion:B1", {"5": "5", "3": "3"})}
    ratings = done(started(three(tmp_path), rubric=default_rubric(), targets=targets, people={ANNA: anna.pk}))
    assert ratings.reviews == 5
    here = NotKept.objects.get(why="here")
    assert (here.row, here.record, here.what, here.who) == (1, "tale-0", "response", ANNA)


def test_under_a_chosen_rubric_questions_become_what_the_plan_says(tmp_path: Path) -> None:
    rubric = default_rubric()
    targets = {
        "quality": Target("criterion:B1", {"5": "5", "3": "2"}),
        "marks": Target("marks", {"weak": "criterion:B1"}),
        "topics": Target("marks", {"honesty": "theme:boundaries"}),
        "why": Target("comment"),
    }
    ratings = done(started(three(tmp_path), rubric=rubric, targets=targets))
    review = Review.objects.get(story__text=TALES[0], comment="It asks first.")
    assert review.themes == ["boundaries"]
    assert dict(review.ratings.values_list("criterion__key", "value")) == {"B1": 5}
    assert list(review.spans.values_list("criterion__key", "quote")) == [("B1", "tug")]
    assert set(Review.objects.exclude(comment="It asks first.").values_list("ratings__value", flat=True)) == {2}
    why = set(NotKept.objects.values_list("what", "question", "why"))
    # A 4 has no place under this plan.
    assert why == {
        ("response", "tone", "not_asked"),
        ("response", "order", "not_asked"),
        ("suggestion", "quality", "option"),
    }
    assert ratings.not_kept == NotKept.objects.count() == 9
    assert ratings.scores == 0


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        ({"nobody": Target("comment")}, "no question “nobody”"),
        ({"quality": Target("criterion:Z9")}, "cannot become “criterion:Z9”"),
        ({"quality": Target("criterion:B1", {"5": "6"})}, "option of “Quality” cannot become “6”"),
        ({"why": Target("criterion:B1")}, "cannot become “criterion:B1”"),
        (
            {"quality": Target("criterion:B1"), "tone": Target("criterion:B1")},
            "Two questions cannot become the same criterion",
        ),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_anything_is_stored(
    targets: dict[str, Target], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        started(three(tmp_path), rubric=default_rubric(), targets=targets)
    assert not RatingsImport.objects.exists()


def test_a_record_whose_story_is_not_stored_is_listed(tmp_path: Path) -> None:
    path = files.to_disk(tmp_path, [files.nested(0), files.nested(1, fields={"text": "", "title": "Empty"})])
    ratings = done(started(path))
    assert (ratings.run.rejected, ratings.reviews) == (1, 2)
    assert list(NotKept.objects.values_list("row", "record", "what", "why")) == [(2, "tale-1", "record", "no_story")]


def test_passages_in_a_story_that_was_there_in_other_spacing_are_listed_and_not_moved(tmp_path: Path) -> None:
    add_story(TALES[0].replace("The tug", "The  tug"))
    done(started(files.to_disk(tmp_path, [files.nested(0)])))
    assert Review.objects.count() == 2
    assert not Review.objects.filter(spans__isnull=False).exists()
    assert list(NotKept.objects.values_list("question", "why")) == [("marks", "changed")]


@pytest.mark.parametrize(
    ("write", "reviews", "scores"),
    [
        (lambda folder: files.to_hub(folder, [files.flat(n) for n in range(3)]), 3, 6),
        (lambda folder: files.as_lines(folder, [files.feedback(n) for n in range(3)]), 3, 3),
        (lambda folder: files.to_hub(folder, [files.feedback_hub(n) for n in range(3)], settings=None), 3, 3),
        (lambda folder: files.as_json(folder, [files.task(n) for n in range(3)]), 3, 3),
    ],
)
def test_every_shape_comes_in(write: Callable[[Path], Path], reviews: int, scores: int, tmp_path: Path) -> None:
    ratings = done(started(write(tmp_path)))
    assert (ratings.run.created, ratings.reviews, ratings.scores) == (3, reviews, scores)
    assert all("agent" not in json.dumps(story.original) for story in Story.objects.all())


def test_only_curators_import(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        started(three(tmp_path), actor=person(Role.ANNOTATOR))


def test_the_command_shows_first_and_then_imports(tmp_path: Path) -> None:
    path = three(tmp_path)
    told = io.StringIO()
    call_command("import_argilla", str(path), "--dry-run", "--json", stdout=told)
    shown = json.loads(told.getvalue())
    assert (shown["created"], shown["reviews"], shown["scores"]) == (3, 6, {"grader-2": 3})
    assert not Story.objects.exists()
    assert shown["plan"]["targets"]["quality"]["becomes"] == "criterion:D1"
    told = io.StringIO()
    call_command("import_argilla", str(path), "--name", "Tales", "--json", stdout=told)
    found = json.loads(told.getvalue())
    assert (found["created"], found["reviews"], found["scores"], found["not_kept"]) == (3, 6, 3, 0)
    said = io.StringIO()
    call_command("import_argilla", str(path), "--rubric", "Tales@1", "--name", "Tales", stdout=said)
    assert "6 reviews and 3 scores were there already." in said.getvalue()


def test_the_command_takes_a_plan_and_people(tmp_path: Path) -> None:
    anna = person(username="anna")
    default_rubric()
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"targets": {"quality": {"becomes": "criterion:B1", "options": {"5": "4"}}}}))
    rubric = Rubric.objects.get()
    call_command(
        *("import_argilla", str(three(tmp_path)), "--plan", str(plan), "--person", f"{ANNA}=anna"),
        *("--rubric", f"{rubric.name}@{rubric.version}", "--json"),
        stdout=io.StringIO(),
    )
    assert set(Review.objects.values_list("reviewer", "ratings__criterion__key", "ratings__value")) == {
        (anna.pk, "B1", 4)
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--rubric", "None@3"], "There is no rubric"),
        (["--person", "nobody"], "--person takes KEY=USER"),
        (["--plan", "/nowhere"], "holds no plan"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("import_argilla", str(three(tmp_path)), *arguments)
