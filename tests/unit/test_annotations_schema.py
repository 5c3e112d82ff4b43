"""What a page may send as a review."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from annotations import schema
from annotations.models.review import Conduct, Intent, Portrayal
from annotations.schema import IncompleteReview, Submission, complete, parse_submission, storable
from curation.core.errors import InvalidInput
from curation.standards.actions import install_defaults
from curation.standards.behaviour import CHOICES
from curation.standards.models import Rubric
from curation.standards.queries import current_rubric
from curation.standards.spec import spec_of
from tests.builders import CONDUCT, answers

pytestmark = pytest.mark.django_db
SPAN = {"criterion": "B1", "flag": None, "start": 0, "end": 5, "quote": "Story"}


@pytest.fixture
def rubric() -> Rubric:
    install_defaults()
    return current_rubric()


def whole(data: Any, rubric: Rubric, *, tagged: Collection[str] = ()) -> Submission:
    """The review as it would be stored."""
    return complete(parse_submission(data, rubric), spec_of(rubric), tagged)


def test_every_missing_answer_is_named_at_once(rubric: Rubric) -> None:
    data = answers(themes=["boundaries"], flags={"backfire": {}, "scaffold_leak": {}})
    del data["ratings"]["A3"]
    with pytest.raises(IncompleteReview) as caught:
        whole(data, rubric, tagged=["equanimity"])
    assert caught.value.data["missing"] == ["A3", "C1", "C3", "backfire", "scaffold_leak"]
    assert "A3 Principle fit, C1 Healthy boundaries, C3 Equanimity" in caught.value.message


def test_a_flag_about_conduct_asks_for_all_three_words(rubric: Rubric) -> None:
    passage = {"start": 0, "end": 5, "quote": "Story", "conduct": "misaligned", "intent": "", "portrayal": "positive"}
    with pytest.raises(IncompleteReview, match="conduct, intent and portrayal"):
        whole(answers(flags={"backfire": passage}), rubric)
    submission = whole(answers(flags={"backfire": {**passage, "intent": "ambiguous"}}), rubric)
    assert submission.spans[0].intent == "ambiguous"


def test_only_a_hard_flag_insists_on_its_passage(rubric: Rubric) -> None:
    spec = spec_of(rubric)
    soft = replace(next(flag for flag in spec.flags if flag.key == "moral_lecture"), asks_passage=True)
    spec = replace(spec, flags=tuple(soft if flag.key == soft.key else flag for flag in spec.flags))
    assert complete(parse_submission(answers(flags={"moral_lecture": {}}), rubric), spec, ()).flags == (
        "moral_lecture",
    )
    for key in ("scaffold_leak", "villain_trope"):
        with pytest.raises(IncompleteReview, match="Mark the passage") as caught:
            complete(parse_submission(answers(flags={key: {}}), rubric), spec, ())
        assert caught.value.data["missing"] == [key]
    assert complete(parse_submission(answers(flags={"near_duplicate": {}}), rubric), spec, ()).flags == (
        "near_duplicate",
    )


def test_the_passage_of_one_flag_does_not_stand_for_another(rubric: Rubric) -> None:
    passage = {"start": 0, "end": 5, "quote": "Story"}
    with pytest.raises(IncompleteReview) as caught:
        whole(answers(flags={"scaffold_leak": passage, "real_person": {}}), rubric)
    assert caught.value.data["missing"] == ["real_person"]
    with pytest.raises(IncompleteReview) as caught:
        whole(answers(flags={"scaffold_leak": {}}, spans=[SPAN]), rubric)
    assert caught.value.data["missing"] == ["scaffold_leak"]


def test_what_is_just_within_its_bounds_is_taken(rubric: Rubric) -> None:
    most = answers(spans=[SPAN] * 200, comment=f"  {'x' * 9_996}  ", active_seconds=2**31 - 1)
    found = whole(most, rubric)
    assert (len(found.spans), found.comment, found.active_seconds) == (200, "x" * 9_996, 86_400)
    assert whole(answers(active_seconds=86_399), rubric).active_seconds == 86_399
    extremes = answers(flags={"moral_lecture": {}})
    extremes["flags"] *= 2
    extremes["ratings"] |= {"A1": None, "B1": 1, "B2": 5}
    found = whole(extremes, rubric)
    assert found.flags == ("moral_lecture",)
    assert (found.ratings or {})["A1"] is None
    assert ((found.ratings or {})["B1"], (found.ratings or {})["B2"]) == (1, 5)
    assert whole(answers(spans=[{**SPAN, "start": 0, "end": 1}]), rubric).spans[0].end == 1


def test_a_story_without_an_ai_shows_no_theme(rubric: Rubric) -> None:
    found = whole(answers(out_of_scope=True, themes=["boundaries"], spans=[SPAN]), rubric)
    assert (found.themes, found.ratings, found.spans) == ((), {}, ())


def test_a_backfire_is_computed_from_the_marks_and_raises_its_flag(rubric: Rubric) -> None:
    passage = {"start": 0, "end": 5, "quote": "Story", **CONDUCT}
    data = answers(flags={"villain_trope": passage})
    submission = whole(data, rubric)
    assert submission.flags == ("villain_trope", "backfire")
    # Read again, as from a draft: the passage of the one flag shows the other.
    again = whole({**data, "flags": list(submission.flags)}, rubric)
    assert again.flags == submission.flags
    assert again.spans[0].flag == "villain_trope"
    tame = whole(answers(flags={"villain_trope": {**passage, "portrayal": "negative"}}), rubric)
    assert tame.flags == ("villain_trope",)
    gone = whole({**data, "flags": []}, rubric)
    assert (gone.flags, gone.spans) == ((), ())


def test_a_rubric_without_the_flag_takes_no_backfire(rubric: Rubric) -> None:
    spec = spec_of(rubric)
    spec = replace(spec, flags=tuple(flag for flag in spec.flags if flag.key != "backfire"))
    marked = {**SPAN, "conduct": "misaligned", "intent": "malevolent", "portrayal": "positive"}
    assert complete(parse_submission(answers(spans=[marked]), rubric), spec, ()).flags == ()


def test_the_themes_that_a_reviewer_marked_are_kept(rubric: Rubric) -> None:
    data = answers(themes=["boundaries", "equanimity"])
    data["ratings"] |= {"C1": 4, "C3": 2}
    kept = whole(data, rubric)
    assert kept.themes == ("boundaries", "equanimity")
    assert kept.ratings is not None
    assert (kept.ratings["C1"], kept.ratings["C3"], len(kept.ratings)) == (4, 2, 9)


def test_answers_that_no_longer_apply_are_left_out(rubric: Rubric) -> None:
    data = answers(spans=[SPAN, {**SPAN, "criterion": None, "flag": "backfire"}, {**SPAN, "criterion": "C1"}])
    data["ratings"]["C1"] = 5
    submission = whole(data, rubric)
    assert "C1" not in (submission.ratings or {})
    assert [span.criterion for span in submission.spans] == ["B1"]


def test_a_story_without_an_ai_needs_no_ratings_but_may_be_flagged(rubric: Rubric) -> None:
    submission = whole(answers(out_of_scope=True, flags={"self_harm": {}}), rubric, tagged=["equanimity"])
    assert (submission.ratings, submission.flags) == ({}, ("self_harm",))


LIST = "Send {} as a list of keys."
WHOLE = "B1 takes a whole number from 1 to 5."
BELONGS = "A passage belongs to one criterion or one flag of the rubric."
ORDERED = "A passage has a start before its end, and a quote."
SHAPE = "A review is an object with ratings, flags and passages. Reload the page and try again."
COMMENT = "A comment is text of up to 10,000 characters."


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, SHAPE),
        ([], SHAPE),
        ({"ratings": []}, "Send the ratings as criterion and value."),
        ({"ratings": {"Z9": 3}}, "This rubric has no criterion called 'Z9'."),
        ({"ratings": {"B1": None}}, "B1 {name} always applies: rate it from 1 to 5."),
        ({"ratings": {"B1": 6}}, WHOLE),
        ({"ratings": {"B1": 0}}, WHOLE),
        ({"ratings": {"B1": True}}, WHOLE),
        ({"ratings": {"B1": "4"}}, WHOLE),
        ({"ratings": {"B1": 4.0}}, WHOLE),
        ({"flags": ["nonsense"]}, "flags names “nonsense”, which this rubric does not have."),
        ({"flags": "backfire"}, LIST.format("flags")),
        ({"flags": [["backfire"]]}, LIST.format("flags")),
        ({"themes": ["sorrow", "joy"]}, "themes names “joy”, which this rubric does not have."),
        ({"themes": [None]}, LIST.format("themes")),
        ({"comment": 3}, COMMENT),
        ({"comment": "x" * 10_001}, COMMENT),
        ({"out_of_scope": "yes"}, "out_of_scope is yes or no."),
        ({"active_seconds": -1}, "active_seconds is a whole number."),
        ({"active_seconds": 1.5}, "active_seconds is a whole number."),
        ({"active_seconds": 2**31}, "active_seconds is a whole number."),
        ({"spans": {}}, "Send up to 200 passages, as a list."),
        ({"spans": [SPAN] * 201}, "Send up to 200 passages, as a list."),
        ({"spans": ["B1"]}, "A passage is an object with start, end and quote."),
        ({"spans": [{**SPAN, "start": 5}]}, ORDERED),
        ({"spans": [{**SPAN, "start": -1}]}, "start is a whole number."),
        ({"spans": [{**SPAN, "end": "5"}]}, "end is a whole number."),
        ({"spans": [{**SPAN, "quote": None}]}, ORDERED),
        ({"spans": [{**SPAN, "flag": "backfire"}]}, BELONGS),
        ({"spans": [{**SPAN, "criterion": None}]}, BELONGS),
        ({"spans": [{**SPAN, "criterion": ["B1"]}]}, BELONGS),
        ({"spans": [{**SPAN, "conduct": "naughty"}]}, "conduct is one of aligned, ambiguous, misaligned."),
        ({"spans": [{**SPAN, "intent": "naughty"}]}, "intent is one of benevolent, ambiguous, malevolent."),
        ({"spans": [{**SPAN, "conduct": {"x": 1}}]}, "conduct is one of aligned, ambiguous, misaligned."),
    ],
)
def test_what_no_page_sends_is_refused_and_told_why(rubric: Rubric, data: Any, told: str) -> None:
    name = next(criterion.name for criterion in spec_of(rubric).criteria if criterion.key == "B1")
    with pytest.raises(InvalidInput) as caught:
        whole(data if not isinstance(data, dict) else {**answers(), **data}, rubric)
    assert caught.value.message == told.replace("{name}", name)


def test_what_a_page_may_leave_out_is_nothing(rubric: Rubric) -> None:
    assert parse_submission({}, rubric) == Submission(ratings={})
    bare = {"flag": "villain_trope", "start": 3, "end": 5, "quote": "ry"}
    found = parse_submission({"spans": [bare, {**SPAN, **CONDUCT}]}, rubric).spans
    assert found[0] == schema.SpanMark("", "villain_trope", 3, 5, "ry")
    assert found[1] == schema.SpanMark("B1", "", 0, 5, "Story", **CONDUCT)
    given = {"themes": ["equanimity", "boundaries", "equanimity"], "out_of_scope": True, "active_seconds": 7}
    read = parse_submission(given, rubric)
    assert (read.themes, read.out_of_scope, read.active_seconds) == (("equanimity", "boundaries"), True, 7)


def test_everything_missing_is_told_in_one_message(rubric: Rubric) -> None:
    passage = {"start": 0, "end": 5, "quote": "Story", "conduct": "misaligned"}
    data = answers(flags={"backfire": passage, "scaffold_leak": {}})
    del data["ratings"]["A3"], data["ratings"]["B1"]
    spec = spec_of(rubric)
    names = {criterion.key: criterion.name for criterion in spec.criteria} | {f.key: f.name for f in spec.flags}
    with pytest.raises(IncompleteReview) as caught:
        whole(data, rubric)
    assert caught.value.data["missing"] == ["A3", "B1", "backfire", "scaffold_leak"]
    assert caught.value.message == (
        f"Still to rate: A3 {names['A3']}, B1 {names['B1']}. "
        f"Say conduct, intent and portrayal for each passage of “{names['backfire']}”. "
        f"Mark the passage that shows “{names['scaffold_leak']}”."
    )


@pytest.mark.parametrize("left_out", ["conduct", "intent", "portrayal"])
def test_each_of_the_three_words_is_asked_for(rubric: Rubric, left_out: str) -> None:
    passage = {"start": 0, "end": 5, "quote": "Story", **CONDUCT, left_out: ""}
    with pytest.raises(IncompleteReview) as caught:
        whole(answers(flags={"backfire": passage}), rubric)
    assert caught.value.data["missing"] == ["backfire"]


def test_safety_flags_that_were_raised_are_named(rubric: Rubric) -> None:
    spec = spec_of(rubric)
    named = [flag.name for flag in spec.flags if flag.key == "self_harm"]
    assert schema.raised_safety(Submission(flags=("self_harm", "scaffold_leak")), spec) == named
    assert schema.raised_safety(Submission(flags=("scaffold_leak",)), spec) == []


def test_characters_that_postgresql_cannot_hold_are_dropped() -> None:
    assert storable({"a\x00": ["b\x00", {"c": "\ud800"}], "n": 1}) == {"a": ["b", {"c": "?"}], "n": 1}


def test_the_words_are_those_of_the_models() -> None:
    assert {
        "conduct": tuple(Conduct.values),
        "intent": tuple(Intent.values),
        "portrayal": tuple(Portrayal.values),
    } == CHOICES


def test_a_frozen_rubric_is_read_once(rubric: Rubric, django_assert_num_queries: Any) -> None:
    from curation.standards.actions import freeze

    freeze(standard=rubric)
    rubric.refresh_from_db()
    spec_of(rubric)
    with django_assert_num_queries(0):
        spec_of(rubric)
