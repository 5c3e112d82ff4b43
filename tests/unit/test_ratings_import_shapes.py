"""The shapes of Argilla's datasets, read as they are, and what their questions become."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import InvalidInput
from curation.ratings_import.generating import rubric_from, spec_from
from curation.ratings_import.looking import Look, look, opened
from curation.ratings_import.models.not_kept import What, Why
from curation.ratings_import.plan import RatingsImportPlan, Target, columns_for, on_scale, target_for
from curation.ratings_import.shapes import AnnotatedRecord, Kind, Question
from curation.ratings_import.turning import Text, Turned, turned
from tests import argilla_files as files
from tests.argilla_files import ANNA, BEN, TALES

ROWS = range(3)
SHAPES: dict[str, Callable[[Path], Path]] = {
    "nested": lambda folder: files.to_disk(folder, [files.nested(n) for n in ROWS]),
    "nested without settings": lambda folder: files.as_json(folder, [files.nested(n) for n in ROWS]),
    "flat": lambda folder: files.to_hub(folder, [files.flat(n) for n in ROWS]),
    "flat without settings": lambda folder: files.to_hub(folder, [files.flat(n) for n in ROWS], settings=None),
    "feedback": lambda folder: files.as_lines(folder, [files.feedback(n) for n in ROWS]),
    "feedback on a hub": lambda folder: files.to_hub(folder, [files.feedback_hub(n) for n in ROWS], settings=None),
    "task": lambda folder: files.as_json(folder, [files.task(n) for n in ROWS]),
}


def records_of(path: Path) -> list[AnnotatedRecord]:
    with opened(path, path.name) as dataset:
        return [record for _row, record in dataset.records() if record is not None]


def auto(found: Look) -> RatingsImportPlan:
    _file, targets = rubric_from("Tales", 1, found.questions, "")
    return RatingsImportPlan(columns_for(found), targets)


def come_to(
    found: Look, record: AnnotatedRecord, plan: RatingsImportPlan, text: str = TALES[0], story: str | None = None
) -> Turned:
    questions = {question.name: question for question in found.questions}
    return turned(record, plan=plan, questions=questions, text=Text(text, text if story is None else story))


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_gives_the_same_text_first_answers_and_suggestions(shape: str, tmp_path: Path) -> None:
    path = SHAPES[shape](tmp_path)
    found = look(path, path.name)
    assert columns_for(found)["text"] in {"text", "fields.text", "inputs.text"}
    assert (found.rows, found.whole) == (3, True)
    record = records_of(path)[1]
    assert record.id == "tale-1"
    (anna,) = (one for one in record.responses if one.person in {ANNA, "anna"})
    assert anna.status == "submitted"
    assert anna.answers.get("quality", 5) == 5
    assert anna.answers.get("annotation", "cold") == "cold"
    suggestion = record.suggestions[0]
    assert suggestion.agent == "grader-2"
    assert suggestion.value in {4, "warm"}
    assert found.agents["grader-2"] >= 3


def test_labels_that_a_table_writes_as_numbers_are_read_by_the_names_in_its_head(tmp_path: Path) -> None:
    records = [files.flat(0), files.flat(1, **{"tone.suggestion": 2}), files.flat(2, **{"tone.suggestion": 0})]
    found = records_of(files.to_hub(tmp_path, records))
    tones = [[one.value for one in record.suggestions if one.question == "tone"] for record in found]
    assert tones == [["warm"], [], ["cold"]]


def test_what_people_and_models_said_goes_into_no_story(tmp_path: Path) -> None:
    for shape, write in SHAPES.items():
        folder = tmp_path / shape.replace(" ", "-")
        folder.mkdir()
        path = write(folder)
        left_out = set(look(path, path.name).layout.left_out)
        with opened(path, path.name) as dataset:
            row = next(iter(dataset.reader.rows()))
        kept = set(row.values) - left_out
        assert kept <= {"id", "fields", "metadata", "text", "title", "model", "external_id", "inputs", "source file"}, (
            shape
        )


def test_kinds_are_as_the_settings_say_and_else_as_the_answers_show(tmp_path: Path) -> None:
    kinds = {"quality": "rating", "tone": "label", "topics": "multi_label", "why": "text", "marks": "span"}
    for path in (SHAPES["nested"](tmp_path), SHAPES["nested without settings"](tmp_path)):
        found = look(path, path.name)
        for name, kind in kinds.items():
            question = found.question(name)
            assert question is not None
            # Three texts that are short are taken for labels where nobody says what they are.
            assert question.kind == kind or (name == "why" and question.kind == Kind.LABEL), name
    found = look(tmp_path / "tales.zip", "tales.zip")
    assert found.guidelines == "Rate the tale."
    assert found.question("tone") == Question("tone", Kind.LABEL, "Tone", "", {"cold": "Cold", "warm": "Warm"}, "")


def test_a_file_without_responses_and_suggestions_is_refused(tmp_path: Path) -> None:
    path = files.as_lines(tmp_path, [{"text": TALES[0]}])
    with pytest.raises(InvalidInput, match="neither responses nor suggestions"):
        look(path, path.name)


@pytest.mark.parametrize(
    ("options", "ratings"),
    [
        (["1", "2", "3", "4", "5"], "12345"),
        (["2", "5"], "25"),
        (["0", "1"], "15"),
        (["1", "2", "3", "4", "5", "6", "7"], "1223445"),
        (["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], "1122334455"),
        (["10", "9", "8", "7", "6", "5", "4", "3", "2", "1"], "1122334455"),
    ],
)
def test_a_scale_is_spread_over_one_to_five(options: list[str], ratings: str) -> None:
    question = Question("q", Kind.RATING, options={one: one for one in options})
    ordered = sorted(options, key=int)
    assert [on_scale(question)[one] for one in ordered] == [*ratings]


def test_a_rubric_is_made_of_the_questions(tmp_path: Path) -> None:
    found = look(SHAPES["nested"](tmp_path), "tales.zip")
    file, targets = rubric_from("Tales", 1, found.questions, found.guidelines)
    assert [(one.key, one.name) for one in file.criteria] == [("D1", "Quality"), ("D2", "Tone")]
    assert file.criteria[1].labels == ["Cold", "(2)", "(3)", "(4)", "Warm"]
    assert [(one.key, one.severity, one.asks_passage) for one in file.flags] == [
        ("honesty", "soft", False),
        ("patience", "soft", False),
        ("weak", "soft", True),
    ]
    assert {name: one.becomes for name, one in targets.items()} == {
        "quality": "criterion:D1",
        "tone": "criterion:D2",
        "topics": "marks",
        "why": "comment",
        "marks": "marks",
        "order": "comment",
    }


def test_what_a_record_comes_to(tmp_path: Path) -> None:
    path = SHAPES["nested"](tmp_path)
    found = look(path, path.name)
    came = come_to(found, records_of(path)[0], auto(found))
    (anna, hers), (ben, his) = came.reviews
    assert (anna, ben) == (ANNA, BEN)
    assert hers.ratings == {"D1": 5, "D2": 5}
    assert hers.flags == ("honesty", "weak")
    assert [(mark.flag, mark.start, mark.end, mark.quote) for mark in hers.spans] == [("weak", 4, 7, "tug")]
    assert hers.comment == "Why: It asks first."
    assert (his.ratings, his.comment) == ({"D1": 3}, "Order: 1. B, 2. A")
    assert [(one.agent, one.criterion, one.value, one.sure) for one in came.scores] == [("grader-2", "D1", 4.0, 0.87)]
    assert came.left == []


def test_drafts_and_discarded_responses_are_listed_and_become_no_review(tmp_path: Path) -> None:
    path = SHAPES["flat"](tmp_path)
    found = look(path, path.name)
    came = come_to(found, records_of(path)[0], auto(found))
    assert [who for who, _said in came.reviews] == [ANNA]
    assert (What.RESPONSE, Why.DRAFT, BEN) in {(one.what, one.why, one.who) for one in came.left}
    path = SHAPES["feedback"](tmp_path)
    found = look(path, path.name)
    came = come_to(found, records_of(path)[0], auto(found))
    assert [(one.why, one.who) for one in came.left] == [(Why.DISCARDED, BEN)]


def quality(found: Look, **options: str) -> RatingsImportPlan:
    """A plan in which one question becomes a criterion by these options, and nothing else anything."""
    return RatingsImportPlan(columns_for(found), {"quality": Target("criterion:B1", options)})


def test_what_has_no_place_is_listed_with_its_question_and_its_reason(tmp_path: Path) -> None:
    path = SHAPES["nested"](tmp_path)
    found = look(path, path.name)
    came = come_to(found, records_of(path)[0], quality(found, **{"5": "5"}))
    assert [(who, said.ratings) for who, said in came.reviews] == [(ANNA, {"B1": 5})]
    left = {(one.what, one.why, one.who, one.question) for one in came.left}
    asked = {"tone", "topics", "why", "marks"}
    assert left == {
        *((What.RESPONSE, Why.NOT_ASKED, ANNA, name) for name in asked),
        (What.RESPONSE, Why.NOT_ASKED, BEN, "order"),
        (What.RESPONSE, Why.OPTION, BEN, "quality"),
        (What.RESPONSE, Why.EMPTY, BEN, ""),
        (What.SUGGESTION, Why.OPTION, "grader-2", "quality"),
    }


@pytest.mark.parametrize(
    ("span", "text", "story", "expected"),
    [
        ((4, 7), "The tug 🛥 waited.", None, "tug"),
        ((8, 9), "The tug 🛥 waited.", None, "🛥"),
        ((5, 8), "A\r\nb\r\nend.", None, "\nen"),
        ((6, 9), "A\r\nb\r\nend.", None, "end"),
        ((4, 70), "The tug waited.", None, Why.OUTSIDE),
        ((7, 4), "The tug waited.", None, Why.OUTSIDE),
        ((4, 7), "The tug waited.", "The  tug waited.", Why.CHANGED),
    ],
)
def test_passages_are_checked_in_code_points_and_never_moved(
    span: tuple[int, int], text: str, story: str | None, expected: Any, tmp_path: Path
) -> None:
    marks = {"marks": [{"value": [{"start": span[0], "end": span[1], "label": "weak"}], "user_id": ANNA}]}
    path = files.to_disk(tmp_path, [files.nested(0, responses=marks)])
    found = look(path, path.name)
    kept = text.replace("\r\n", "\n") if story is None else story
    came = come_to(found, records_of(path)[0], auto(found), text, kept)
    if isinstance(expected, Why):
        assert expected in {one.why for one in came.left}
    elif expected == "\nen":
        assert Why.CHANGED in {one.why for one in came.left}, "it begins in the middle of a line end"
    else:
        ((_who, said),) = came.reviews
        (mark,) = said.spans
        assert (mark.quote, kept[mark.start : mark.end]) == (expected, expected)


def test_passages_in_another_field_are_listed(tmp_path: Path) -> None:
    settings = {"questions": [files.question("marks", "span", ["weak"], field="title")]}
    path = files.to_disk(tmp_path, [files.nested(0)], settings)
    found = look(path, path.name)
    came = come_to(found, records_of(path)[0], auto(found))
    assert (Why.OTHER_FIELD, "marks") in {(one.why, one.question) for one in came.left}


def test_of_two_answers_by_one_person_the_first_holds_and_the_other_is_listed(tmp_path: Path) -> None:
    twice = {"quality": [{"value": 5, "user_id": ANNA}, {"value": 1, "user_id": ANNA}]}
    path = files.to_disk(tmp_path, [files.nested(0, responses=twice)])
    found = look(path, path.name)
    came = come_to(found, records_of(path)[0], auto(found))
    assert [said.ratings for _who, said in came.reviews] == [{"D1": 5}]
    assert [(one.why, one.who, one.question) for one in came.left] == [(Why.SEVERAL, ANNA, "quality")]


def test_people_who_are_not_named_stay_apart(tmp_path: Path) -> None:
    nameless = {"quality": [{"value": 5, "user_id": None}, {"value": 1, "user_id": None}]}
    path = files.to_disk(tmp_path, [files.nested(0, responses=nameless)])
    assert [(one.person, dict(one.answers)) for one in records_of(path)[0].responses] == [
        ("", {"quality": 5}),
        ("#2", {"quality": 1}),
    ]


def test_a_question_called_like_a_criterion_becomes_it() -> None:
    question = Question("deliberation", Kind.RATING, options={str(n): str(n) for n in range(1, 6)})
    file, _targets = rubric_from("R", 1, [Question("Deliberation", Kind.RATING, options={"1": "1", "2": "2"})], "")
    target = target_for(question, spec_from(file), [])
    assert (target.becomes, target.options["4"]) == ("criterion:D1", "4")
    assert target_for(question, spec_from(file), ["criterion:D1"]).becomes == "nothing"


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"annotation": "a", "prediction": "b", **{f"c{n}": "x" for n in range(4001)}}, "columns"),
        (files.nested(0, responses={f"q{n}": [{"value": 1, "user_id": "a"}] for n in range(201)}), "questions"),
        (files.nested(0, responses={f"q{n}": [{"value": v, "user_id": f"{v}"} for v in range(60)] for n in range(9)}),
         "options of questions"),
    ],
)  # fmt: skip
def test_what_is_too_much_to_say_something_of_is_refused_with_a_sentence(
    record: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "many.csv"
    if "annotation" in record:
        path.write_text(f"{','.join(record)}\n{','.join(record.values())}\n")
    else:
        path = files.as_json(tmp_path, [record])
    with pytest.raises(InvalidInput, match=rf"This has [\d,]+ {said}, and an import takes [\d,]+ at most"):
        look(path, path.name)


def test_a_question_that_is_answered_by_any_number_asks_for_no_rating(tmp_path: Path) -> None:
    given = {"seconds": [{"value": n, "user_id": f"{n}"} for n in range(500)]}
    path = files.as_json(tmp_path, [files.nested(0, responses=given)])
    (question,) = [one for one in look(path, path.name).questions if one.name == "seconds"]
    assert (question.kind, question.options) == (Kind.OTHER, {})
