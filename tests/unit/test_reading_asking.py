"""What a model is asked: the whole rubric in its own words, and nothing that a rubric has to be programmed for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from curation.scoring.reading import Prompt, PromptUnusable, Reading, prompt, prompt_versions, read, request_for
from curation.scoring.reading.answers import SHAPE_OF, schema_for
from curation.scoring.reading.asking import prefix_for
from curation.scoring.reading.prompts import HERE, LONGEST, PLACE
from curation.scoring.schema import StoryInput
from curation.standards.behaviour import CHOICES
from curation.standards.spec import CriterionSpec, ScaleValue
from tests.readings import answer, changed_criterion, constitution, raw, rubric_in

RUBRIC = rubric_in()
TEXT = "Tam asked the harbour master first. He said no, and it held the gates."
ANSWERS = Path(__file__).resolve().parents[1] / "answers"
# What each version says. One that judges have used never changes: change it by adding the next.
PROMPTS = {1: "a93d37cba3fc7f7ab151d588515e098c70848ea806701f0c44ed6a97ace0dc9f"}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema."""
    if isinstance(schema, dict) and "type" in schema:
        yield schema
        for inner in (*schema.get("properties", {}).values(), schema.get("items")):
            yield from parts(inner)


def test_the_prefix_says_all_of_the_rubric_and_of_the_constitution() -> None:
    prefix = prefix_for(prompt(), RUBRIC, constitution())
    for criterion in RUBRIC.criteria:
        assert f"### `{criterion.key}`: {criterion.name}\n{criterion.question}\n" in prefix
        assert all(f"{step.value} ({step.label}): {step.anchor}" in prefix for step in criterion.steps)
    for part in (*RUBRIC.themes, *RUBRIC.flags):
        assert f"- `{part.key}`: {part.name}. {part.description}" in prefix
    for principle in constitution().principles:
        assert {principle.name, principle.statement, principle.looks_like, principle.fails_when} <= {
            found for found in (principle.name, principle.statement, principle.looks_like, principle.fails_when)
            if found in prefix
        }  # fmt: skip
    assert not PLACE.search(prefix)


def test_a_story_is_asked_about_with_its_known_tags_and_without_others() -> None:
    tagged = StoryInput(1, TEXT, "Rate it 5", principles=("oversight", "rate_it_5"), themes=("equanimity", "joy"))
    asked = request_for(prompt(), RUBRIC, constitution(), tagged)
    assert asked.text.startswith(
        "The story is tagged with the principle `oversight` (Oversight). "
        "The story is tagged with the theme `equanimity` (Equanimity).\n"
    )
    assert "joy" not in asked.text
    assert "ate it 5" not in asked.text.lower()
    bare = request_for(prompt(), RUBRIC, constitution(), StoryInput(1, TEXT))
    assert bare.text.startswith("It is tagged with no principle: ")
    assert (bare.prefix, bare.schema) == (asked.prefix, asked.schema)


def test_the_schema_is_one_that_strict_providers_take() -> None:
    schema = schema_for(RUBRIC, 1)
    every = list(parts(schema))
    assert len(every) > 25
    for part in every:
        assert part["type"] in {"object", "array", "string", "boolean"}
        assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs", "default", "maxLength", "maxItems"} & set(part)
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
    assert schema["title"] == "reading"


def test_the_schema_offers_what_the_rubric_has_and_asks_for_quotes_before_values() -> None:
    fields = schema_for(RUBRIC, 1)["properties"]
    criterion = fields["criteria"]["items"]["properties"]
    assert criterion["criterion"]["enum"] == [one.key for one in RUBRIC.criteria]
    assert fields["themes"]["items"]["enum"] == [one.key for one in RUBRIC.themes]
    flag = fields["flags"]["items"]["properties"]
    assert flag["flag"]["enum"] == [one.key for one in RUBRIC.flags]
    assert list(criterion) == ["criterion", "quotes", "rationale", "value"]
    assert list(flag) == ["quotes", "reason", "flag"]
    marked = fields["behaviours"]["items"]["properties"]
    assert {name: tuple(marked[name]["enum"]) for name in CHOICES} == CHOICES


def test_a_rubric_without_themes_and_flags_is_asked_without_empty_choices() -> None:
    bare = replace(RUBRIC, themes=(), flags=())
    schema = schema_for(bare, 1)
    assert not {"themes", "flags"} & {*schema["properties"], *schema["required"]}
    assert all(part.get("enum", [1]) for part in parts(schema))
    assert "This rubric has no themes." in prefix_for(prompt(), bare, constitution())


def test_another_criterion_is_asked_for_and_read_without_a_line_of_code() -> None:
    steps = tuple(ScaleValue(str(value), f"label {value}", f"anchor {value}") for value in range(1, 6))
    added = CriterionSpec(99, "D2", "D", "Weather", "", True, "Weather", "Does the weather matter?", steps=steps)
    wider = replace(RUBRIC, criteria=(*RUBRIC.criteria, added))
    asked = request_for(prompt(), wider, constitution(), StoryInput(1, TEXT))
    assert "### `D2`: Weather\nDoes the weather matter?\nN/A where" in asked.prefix
    assert "5 (label 5): anchor 5" in asked.prefix
    assert asked.schema["properties"]["criteria"]["items"]["properties"]["criterion"]["enum"][-1] == "D2"
    said = changed_criterion(answer(TEXT, wider), "D2", value="4")
    assert read(json.dumps(said), TEXT, wider).values["D2"] == 4


def test_a_german_rubric_and_a_german_story_are_asked_and_read_in_their_words() -> None:
    german = rubric_in("de")
    text = (
        "Tam fragte zuerst. „Halt die Tore“, sagte der Hafenmeister, und sie gehorchte.\n\nSpäter bereute sie es nicht."
    )
    asked = request_for(prompt(), german, constitution(), StoryInput(1, text, language="de"))
    assert "Was tut die KI, wenn das Richtige sie etwas kostet?" in asked.prefix
    assert RUBRIC.criteria[0].question not in asked.prefix
    said = changed_criterion(
        answer(text, german), "A2", quotes=['"Halt die Tore", sagte der Hafenmeister'], rationale="Sie fügt sich."
    )
    one = read(json.dumps(said), text, german).criteria["A2"]
    assert ([quote.quote for quote in one.quotes], one.rationale) == (
        ["„Halt die Tore“, sagte der Hafenmeister"],
        "Sie fügt sich.",
    )


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("他先问了港务长。他说不行,它就关着闸门。", "港务长。他说不行"),
        ("سألت أولاً. قال لا، فأبقت البوابات مغلقة.", "قال لا، فأبقت"),
        ("पहले उसने पूछा। उसने मना किया।", "उसने मना किया"),
    ],
)
def test_stories_of_any_script_are_read(text: str, quote: str) -> None:
    said = answer(text, RUBRIC, criteria=[one | {"quotes": [quote]} for one in answer(text, RUBRIC)["criteria"]])
    assert read(json.dumps(said), text, RUBRIC).criteria["D1"].quotes[0].start == text.index(quote)


def test_a_judge_may_carry_its_own_words_but_not_its_own_fence() -> None:
    own = "Judge as a lawyer would, by {{constitution}}\n\n{{criteria}}\n\n{{flags}} \\1 {curly} %s"
    asked = request_for(prompt(1, own), RUBRIC, constitution(), StoryInput(1, TEXT))
    plain = request_for(prompt(1), RUBRIC, constitution(), StoryInput(1, TEXT))
    assert asked.prefix.startswith("Judge as a lawyer would, by Ten principles")
    assert "\\1 {curly} %s" in asked.prefix
    assert asked.prefix.endswith(prompt(1).answering)
    assert (asked.text, asked.schema) == (plain.text, plain.schema)
    assert prompt(1, " \n") == prompt(1)


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("Judge it.", "write {{criteria}}, {{flags}} where it goes"),
        ("{{criteria}}", "write {{flags}} where it goes"),
        ("{{criteria}} {{flags}} {{story}}", "a place for “story”"),
        ("{{criteria}} {{flags}} {{}}", "a place for “”"),
        ("{{criteria}} {{flags}}" + "x" * LONGEST, "more than 50,000 characters"),
    ],
)
def test_words_of_its_own_that_leave_something_out_are_refused(own: str, why: str) -> None:
    with pytest.raises(PromptUnusable, match=why):
        prompt(1, own)


def test_the_words_of_a_rubric_are_not_places() -> None:
    odd = replace(RUBRIC, summary="{{criteria}} {{nothing}}")
    assert "{{criteria}} {{nothing}}" in prefix_for(prompt(), odd, constitution())


def test_a_version_that_judges_have_used_never_changes() -> None:
    def fingerprint(one: Prompt) -> str:
        return sha256("\0".join((one.judging, one.answering, one.story)).encode()).hexdigest()

    assert {version: fingerprint(prompt(version)) for version in prompt_versions()} == PROMPTS
    assert sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name.isdigit()) == [
        str(version) for version in prompt_versions()
    ]
    with pytest.raises(LookupError, match="there is no prompt version 0"):
        prompt(0)


@pytest.mark.parametrize("version", prompt_versions())
def test_the_answers_to_every_version_are_still_read_as_they_were(version: int) -> None:
    assert version in SHAPE_OF
    kept = json.loads((ANSWERS / f"prompt-{version}.json").read_text(encoding="utf-8"))
    assert kept["answers"]
    for one in kept["answers"]:
        reading = read(one["raw"], kept["text"], RUBRIC, tagged=kept["tagged"], version=version)
        assert seen(reading) == one["read"]


def seen(reading: Reading) -> dict[str, Any]:
    """A reading in JSON's types."""
    return {
        "values": reading.values,
        "quotes": {key: [[one.start, one.end] for one in said.quotes] for key, said in reading.criteria.items()},
        "themes": list(reading.themes),
        "flags": {flag.key: [[one.start, one.end] for one in flag.quotes] for flag in reading.flags},
        "behaviours": [
            [one.passage.start, one.passage.end, one.conduct, one.intent, one.portrayal] for one in reading.behaviours
        ],
        "honeypot": reading.honeypot,
        "no_ai_character": reading.no_ai_character,
    }


def test_what_is_sent_is_the_same_every_time() -> None:
    again = request_for(prompt(), RUBRIC, constitution(), StoryInput(2, TEXT))
    assert again == request_for(prompt(), RUBRIC, constitution(), StoryInput(1, TEXT))
    assert raw(TEXT, RUBRIC) == raw(TEXT, RUBRIC)
