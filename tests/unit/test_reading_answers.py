"""What an answer has to be to count, and why another one does not."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.stored_translations import translate_stored
from curation.scoring.reading import Fault, ReadingFailed, failures, read
from curation.scoring.reading.fencing import code_of
from curation.standards.spec import RubricSpec
from tests.readings import answer, changed_criterion, raw, rubric_in

TEXT = "Tam asked the harbour master first. He said no, and it held the gates.\n\nLater it told Mira why, with regret."
RUBRIC = rubric_in()
QUOTE = "Tam asked the harbour master first"


def failing(sent: str, text: str = TEXT, rubric: RubricSpec = RUBRIC, **asked: Any) -> ReadingFailed:
    with pytest.raises(ReadingFailed) as failed:
        read(sent, text, rubric, **asked)
    assert failed.value.reason == str(failed.value)
    assert len(failed.value.reason) <= 300
    assert translate_stored(failed.value.reason, failures.FORMS)
    return failed.value


def one_said(key: str, **changed: Any) -> str:
    return json.dumps(changed_criterion(answer(TEXT, RUBRIC), key, **changed))


def test_a_sound_answer_is_read_in_full() -> None:
    said = answer(
        TEXT,
        RUBRIC,
        themes=["equanimity", "boundaries"],
        behaviours=[
            {"quote": "it held the gates", "conduct": "aligned", "intent": "benevolent", "portrayal": "neutral"}
        ],
        flags=[
            {"quotes": [], "reason": "It ends with a lesson.", "flag": "moral_lecture"},
            {"quotes": ["told Mira why"], "reason": "A note.", "flag": "scaffold_leak"},
        ],
        honeypot={"reason": "The gates are the temptation.", "structural": True},
    )  # fmt: skip
    said = changed_criterion(said, "A1", value="N/A", quotes=[], rationale=" Nothing is at stake. ")
    reading = read(json.dumps(said), TEXT, RUBRIC)
    assert list(reading.criteria) == [one.key for one in RUBRIC.criteria]
    assert reading.values == {
        "A1": None, "A2": 2, "A3": 3, "B1": 4, "B2": 5, "B3": 1, "C1": 2, "C2": None, "C3": 4, "D1": 5,
    }  # fmt: skip
    assert reading.criteria["A1"].rationale == "Nothing is at stake."
    assert [one.quote for one in reading.criteria["D1"].quotes] == [TEXT[:59]]
    assert reading.themes == ("boundaries", "equanimity")
    assert [(flag.key, [one.quote for one in flag.quotes]) for flag in reading.flags] == [
        ("scaffold_leak", ["told Mira why"]),
        ("moral_lecture", []),
    ]
    (behaviour,) = reading.behaviours
    assert (behaviour.passage.start, behaviour.passage.end) == (52, 69)
    assert (behaviour.conduct, behaviour.intent, behaviour.portrayal) == ("aligned", "benevolent", "neutral")
    assert (reading.honeypot, reading.honeypot_reason) == (True, "The gates are the temptation.")


@pytest.mark.parametrize("before", ["", "\n  ", "```json\n", "```\n"])
def test_what_stands_around_the_object_is_white_space_or_one_code_fence(before: str) -> None:
    after = "\n```\n" if "`" in before else "\n"
    assert read(before + raw(TEXT, RUBRIC) + after, TEXT, RUBRIC).values["D1"] == 5


@pytest.mark.parametrize(
    "sent",
    ["", "null", "[]", "5", '"5"', "{", "I cannot judge this.", raw(TEXT, RUBRIC) * 2, raw(TEXT, RUBRIC)[:-1],
     "Here it is: " + raw(TEXT, RUBRIC), raw(TEXT, RUBRIC) + "\nRate it 5.", "```json\n" + raw(TEXT, RUBRIC),
     '{"a": ' * 5_000 + "1" + "}" * 5_000, '{"a": NaN}', '{"a": 1e999}', '{"a": ' + "9" * 5_000 + "}",
     raw(TEXT, RUBRIC)[:-1] + ', "code": "' + code_of(TEXT) + '"}',
     raw(TEXT, RUBRIC).replace('"value": "1"', '"value": "1", "value": "5"', 1),
     "```json\n" + raw(TEXT, RUBRIC) + "five", raw(TEXT, RUBRIC) + "\n```"],
)  # fmt: skip
def test_what_is_not_one_object_is_no_answer(sent: str) -> None:
    assert failing(sent).fault == Fault.NOT_JSON


def test_an_answer_without_end_is_not_looked_at() -> None:
    failed = failing(raw(TEXT, RUBRIC) + " " * 1_000_000)
    assert (failed.fault, failed.reason) == (Fault.NOT_JSON, "The answer has more than 1,000,000 characters.")


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"criteria": {"A1": 5}}, "criteria"),
        ({"criteria": ["A1"]}, "criteria.0"),
        ({"criteria": None}, "criteria"),
        ({"no_ai_character": "false"}, "no_ai_character"),
        ({"no_ai_character": 0}, "no_ai_character"),
        ({"honeypot": True}, "honeypot"),
        ({"honeypot": {"structural": False}}, "honeypot.reason"),
        ({"score": 5}, "score"),
        ({"code": 5}, "code"),
        ({"code": None}, "code"),
        ({"themes": "equanimity"}, "themes"),
        ({"flags": [{"flag": "backfire"}]}, "flags.0.quotes"),
        ({"behaviours": [{"quote": QUOTE, "conduct": "good", "intent": "benevolent", "portrayal": "positive"}]},
         "behaviours.0.conduct"),
        ({"behaviours": [{"quote": QUOTE, "conduct": "aligned", "intent": "benevolent", "portrayal": "positive"}] * 41},
         "behaviours"),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_none(changed: dict[str, Any], place: str) -> None:
    failed = failing(raw(TEXT, RUBRIC, **changed))
    assert (failed.fault, failed.reason) == (
        Fault.WRONG_SHAPE,
        f"The answer does not have the shape that was asked for, at {place}.",
    )


@pytest.mark.parametrize(
    "value", ["0", "6", "", "five", "4.5", 4.0, 0, 6, -1, True, None, [5], {"value": 5}, "n/a", "55", "５"]
)
def test_a_value_is_one_of_six(value: Any) -> None:
    assert failing(one_said("D1", value=value)).fault == Fault.WRONG_SHAPE


def test_a_number_is_read_where_the_schema_was_not_enforced() -> None:
    assert read(one_said("D1", value=4), TEXT, RUBRIC).values["D1"] == 4


@pytest.mark.parametrize("code", ["", "0123456789", code_of("another story"), code_of(TEXT)[:-1]])
def test_an_answer_carries_the_code_of_its_story(code: str) -> None:
    assert failing(raw(TEXT, RUBRIC, code=code)).fault == Fault.WRONG_CODE


def test_every_criterion_is_answered_once() -> None:
    said = answer(TEXT, RUBRIC)
    first, second, *rest = said["criteria"]
    assert failing(json.dumps(said | {"criteria": rest})).reason == "The answer leaves out A1, A2."
    twice = failing(json.dumps(said | {"criteria": [first, second, first, *rest]}))
    assert (twice.fault, twice.reason) == (Fault.INCOMPLETE, "The answer says A1 twice.")
    unknown = failing(json.dumps(said | {"criteria": [first | {"criterion": "a1"}, second, *rest]}))
    assert (unknown.fault, unknown.reason) == (
        Fault.UNKNOWN_KEY,
        "The answer names “a1”, which the rubric does not have.",
    )
    assert read(json.dumps(said | {"criteria": [*rest, second, first]}), TEXT, RUBRIC).values["A1"] == 1


def test_not_applicable_is_for_the_criteria_that_allow_it() -> None:
    assert read(one_said("A1", value="N/A"), TEXT, RUBRIC).values["A1"] is None
    assert read(one_said("C1", value="N/A"), TEXT, RUBRIC, tagged=["boundaries"]).values["C1"] is None
    failed = failing(one_said("D1", value="N/A"))
    assert (failed.fault, failed.reason) == (
        Fault.NOT_APPLICABLE,
        "The answer says N/A for D1, which always applies.",
    )


def test_a_theme_s_criterion_counts_where_the_theme_is_seen_or_tagged() -> None:
    said = raw(TEXT, RUBRIC, themes=["equanimity"])
    assert {key: read(said, TEXT, RUBRIC).values[key] for key in ("C1", "C2", "C3")} == {
        "C1": None,
        "C2": None,
        "C3": 4,
    }
    assert read(said, TEXT, RUBRIC, tagged=["self_criticism", "unheard_of"]).values["C2"] == 3


def test_where_no_ai_acts_nothing_is_rated() -> None:
    rated = answer(TEXT, RUBRIC)["criteria"]
    for criteria in ([], rated, [one | {"value": "N/A"} for one in rated]):
        reading = read(raw(TEXT, RUBRIC, no_ai_character=True, criteria=criteria), TEXT, RUBRIC)
        assert reading.no_ai_character
        assert set(reading.values.values()) == {None}
        assert reading.themes == ()


@pytest.mark.parametrize("quote", ["Tam never asked", "It was brave.", "tam asked the harbour master", "\ud800", "\0"])
def test_one_invented_quote_makes_the_whole_answer_void(quote: str) -> None:
    flagged = [{"quotes": [QUOTE, quote], "reason": "", "flag": "scaffold_leak"}]
    marked = [{"quote": quote, "conduct": "aligned", "intent": "benevolent", "portrayal": "neutral"}]
    for sent, key in (
        (one_said("B2", quotes=[QUOTE, quote]), "B2"),
        (one_said("A1", quotes=[quote], value="N/A"), "A1"),
        (json.dumps(answer(TEXT, RUBRIC, flags=flagged)), "scaffold_leak"),
        (json.dumps(answer(TEXT, RUBRIC, behaviours=marked)), "behaviours"),
    ):
        failed = failing(sent)
        assert failed.fault == Fault.INVENTED_QUOTE
        assert failed.reason.startswith(f"The answer quotes for {key} what the story does not say: “")
        failed.reason.encode()
        assert "\0" not in failed.reason


def test_a_long_invented_quote_is_told_in_short() -> None:
    assert failing(one_said("B2", quotes=["It %(key)s was \n brave. " * 100])).reason.endswith(
        "brave. It %(key)s wa…”."
    )


def test_a_value_may_stand_without_a_quote_and_a_blank_one_is_none() -> None:
    assert read(one_said("B1", quotes=[]), TEXT, RUBRIC).criteria["B1"].quotes == ()
    assert read(one_said("B1", quotes=["", " \n"]), TEXT, RUBRIC).criteria["B1"].quotes == ()
    assert len(read(one_said("B1", quotes=[QUOTE, QUOTE]), TEXT, RUBRIC).criteria["B1"].quotes) == 1
    assert failing(one_said("B1", quotes=[QUOTE] * 13)).fault == Fault.WRONG_SHAPE


def test_a_flag_that_asks_for_its_passage_has_one() -> None:
    failed = failing(raw(TEXT, RUBRIC, flags=[{"quotes": [], "reason": "It leaks.", "flag": "scaffold_leak"}]))
    assert (failed.fault, failed.reason) == (
        Fault.NO_PASSAGE,
        "The answer raises scaffold_leak without a passage that shows it.",
    )


def test_flags_and_themes_are_those_of_the_rubric_and_said_once() -> None:
    flag = {"quotes": [], "reason": "", "flag": "moral_lecture"}
    assert failing(raw(TEXT, RUBRIC, flags=[flag | {"flag": "gold"}])).fault == Fault.UNKNOWN_KEY
    assert failing(raw(TEXT, RUBRIC, flags=[flag, flag])).fault == Fault.INCOMPLETE
    assert failing(raw(TEXT, RUBRIC, themes=["joy"])).fault == Fault.UNKNOWN_KEY
    assert failing(raw(TEXT, RUBRIC, themes=["equanimity"] * 2)).fault == Fault.INCOMPLETE


def test_a_passage_that_backfires_raises_the_flag_by_itself() -> None:
    bad = {"quote": "it held the gates", "conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}
    (flag,) = read(raw(TEXT, RUBRIC, behaviours=[bad]), TEXT, RUBRIC).flags
    assert (flag.key, [one.quote for one in flag.quotes]) == ("backfire", ["it held the gates"])
    assert read(raw(TEXT, RUBRIC, behaviours=[bad | {"portrayal": "negative"}]), TEXT, RUBRIC).flags == ()
    without = replace(RUBRIC, flags=())
    assert read(raw(TEXT, without, behaviours=[bad]), TEXT, without).flags == ()


def test_what_a_model_writes_is_kept_as_it_can_be_stored() -> None:
    said = read(one_said("D1", rationale="a\0b\ud800" + "x" * 5_000), TEXT, RUBRIC).criteria["D1"].rationale
    assert said.startswith("a\ufffdb?x")
    assert len(said) == 4_000


def test_a_rubric_that_offers_no_themes_and_flags_asks_for_none() -> None:
    bare = replace(RUBRIC, themes=(), flags=(), criteria=(RUBRIC.criteria[-1],))
    said = answer(TEXT, bare)
    del said["themes"], said["flags"]
    assert read(json.dumps(said), TEXT, bare).values == {"D1": 1}


pieces = st.recursive(
    st.sampled_from([None, True, -1, 3, 4.5, 1e300, QUOTE, "5", "A1"]) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
names = st.sampled_from([*answer(TEXT, RUBRIC)])


@given(st.dictionaries(names, pieces, max_size=3))
def test_whatever_is_answered_is_read_or_refused_for_a_reason(changed: dict[str, Any]) -> None:
    sent = raw(TEXT, RUBRIC, **changed)
    try:
        reading = read(sent, TEXT, RUBRIC)
    except ReadingFailed:
        return
    assert reading == read(sent, TEXT, RUBRIC)
    assert all(value is None or 1 <= value <= 5 for value in reading.values.values())


@given(st.text(max_size=100))
def test_whatever_text_comes_back_is_refused_for_a_reason(sent: str) -> None:
    assert failing(sent).fault == Fault.NOT_JSON


@given(st.text(min_size=1, max_size=300), st.lists(st.integers(1, 5), min_size=10, max_size=10))
def test_the_values_that_were_given_come_out_for_any_story(text: str, values: list[int]) -> None:
    said = answer(text, RUBRIC)
    for one, value in zip(said["criteria"], values, strict=True):
        one["value"] = str(value)
    assert list(read(json.dumps(said), text, RUBRIC).values.values()) == values
