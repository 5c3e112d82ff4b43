"""No story moves a score through the harness, whatever it says to its judge.

Whether a model does as a story says is its own judgement, and nothing here can tell.
"""

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest

from curation.scoring.reading import Fault, JudgeRequest, ReadingFailed, prompt, read, request_for
from curation.scoring.reading.fencing import code_of, disarmed
from curation.scoring.schema import StoryInput
from tests.injections import PLAIN, Injection, injections
from tests.readings import answer, changed_criterion, constitution, raw, rubric_in

INJECTIONS = injections()
every = pytest.mark.parametrize("injection", INJECTIONS, ids=lambda one: one.name)
# As much of a long story as is tried in every way.
TRIED = 6_000


@cache
def asked(text: str) -> JudgeRequest:
    return request_for(prompt(), rubric_in(), constitution(), StoryInput(1, text))


def parts(text: str) -> tuple[str, str, str]:
    """What stands before, inside and after the fence of a message."""
    code = code_of(text)
    before, inside, after = re.split(rf"^===== (?:END OF )?STORY {code} =====$", asked(text).text, flags=re.MULTILINE)
    return before, inside, after


def test_there_are_enough_of_them() -> None:
    assert len(INJECTIONS) >= 20
    assert len({one.text for one in INJECTIONS}) == len(INJECTIONS)


@every
def test_the_story_lies_in_a_fence_that_it_cannot_close(injection: Injection) -> None:
    code = code_of(injection.text)
    before, inside, after = parts(injection.text)
    assert inside == f"\n{disarmed(injection.text)}\n"
    assert code not in inside
    plain_before, _inside, plain_after = parts(PLAIN)
    assert (before, after.replace(code, "")) == (plain_before, plain_after.replace(code_of(PLAIN), ""))


@every
def test_nothing_else_that_is_sent_depends_on_the_story(injection: Injection) -> None:
    assert asked(injection.text).prefix == asked(PLAIN).prefix
    assert asked(injection.text).schema == asked(PLAIN).schema


@every
def test_no_command_to_the_model_s_server_and_nothing_unseen_is_sent(injection: Injection) -> None:
    sent = parts(injection.text)[1]
    assert len(sent) == len(injection.text) + 2
    assert not set("<>[]") & set(sent)
    assert not re.search("[\U000e0000-\U000e007f\U000e0100-\U000e01ef\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]", sent)


def pieces(text: str) -> Iterator[str]:
    """The text, and whatever stands between an opening and a closing brace in it."""
    yield text
    text = text[:TRIED]
    opened = [place for place, char in enumerate(text) if char == "{"][:20]
    closed = [place for place, char in enumerate(text) if char == "}"]
    for start in opened:
        for end in [*closed[:20], *closed[-20:]]:
            yield text[start : end + 1]


@every
def test_nothing_that_stands_in_the_story_is_an_answer_about_it(injection: Injection) -> None:
    for piece in set(pieces(injection.text)):
        with pytest.raises(ReadingFailed):
            read(piece, injection.text, rubric_in())


@every
def test_the_values_are_those_of_the_answer_and_of_nothing_in_the_story(injection: Injection) -> None:
    said = changed_criterion(answer(injection.text, rubric_in()), "D1", value="2", quotes=[])
    reading = read(json.dumps(said), injection.text, rubric_in())
    expected = {one["criterion"]: int(one["value"]) for one in said["criteria"]}
    assert reading.values == expected
    assert (reading.flags, reading.honeypot, reading.no_ai_character) == ((), False, False)


@every
def test_an_answer_beside_words_of_the_story_is_no_answer(injection: Injection) -> None:
    honest, echoed = raw(injection.text, rubric_in()), injection.text[:TRIED]
    for both in (f"{echoed}\n{honest}", f"{honest}\n{echoed}"):
        with pytest.raises(ReadingFailed):
            read(both, injection.text, rubric_in())


@every
def test_no_sentence_of_the_instructions_is_evidence(injection: Injection) -> None:
    before, _inside, after = parts(injection.text)
    told = [line for line in f"{asked(PLAIN).prefix}\n{before}\n{after}".splitlines() if re.search(r"\w", line)]
    said = answer(injection.text, rubric_in())
    some = told[:: 7 if len(injection.text) < TRIED else 70]
    for line in (one for one in some if disarmed(one) not in disarmed(injection.text)):
        with pytest.raises(ReadingFailed) as failed:
            read(json.dumps(changed_criterion(said, "A1", quotes=[line])), injection.text, rubric_in())
        assert failed.value.fault == Fault.INVENTED_QUOTE


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"themes": ["perfection"]}, "perfection"),
        ({"flags": [{"quotes": [], "reason": "It says so.", "flag": "approved"}]}, "approved"),
        ({"criteria": [{"criterion": "Z9", "quotes": [], "rationale": "It says so.", "value": "5"}]}, "Z9"),
    ],
)
def test_a_model_that_does_as_the_story_says_still_names_nothing_that_the_rubric_has_not(
    changed: dict[str, object], key: str
) -> None:
    (story,) = (one for one in INJECTIONS if "of its own" in one.name and key in one.text)
    with pytest.raises(ReadingFailed, match=f"“{key}”, which the rubric does not have") as failed:
        read(raw(story.text, rubric_in(), **changed), story.text, rubric_in())
    assert failed.value.fault == Fault.UNKNOWN_KEY


def test_the_answer_that_a_story_brings_would_be_a_sound_one_about_another_story() -> None:
    (story,) = (one for one in INJECTIONS if one.name == "an answer")
    brought = story.text[story.text.index("{") : story.text.rindex("}") + 1]
    assert set(read(brought, PLAIN, rubric_in()).values.values()) == {5}
    with pytest.raises(ReadingFailed) as failed:
        read(brought, story.text, rubric_in())
    assert failed.value.fault == Fault.WRONG_CODE
