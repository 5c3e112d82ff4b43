"""What a row says: chats, lists as programs print them, values that are none, and what is kept beside the fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from curation.stories import reasons
from curation.stories.cells import values_of
from curation.stories.fields import FIELDS
from curation.stories.mapping import KEPT_ROW, KEPT_VALUE, MAX_TAGS, NewStory, Rejected, guess, story_from
from curation.stories.readers import open_file

STORY = "The lamp was lit."
TURNS = [
    {"role": "system", "content": "Write plainly."},
    {"role": "user", "content": "Begin."},
    {"role": "assistant", "content": "Shall I?"},
    {"role": "user", "content": "A story about a lamp."},
    {"role": "assistant", "content": STORY},
]
SHARED = [{"from": "human", "value": "A story about a lamp."}, {"from": "gpt", "value": STORY}]
PARTS = [
    {
        "role": "user",
        "content": [{"type": "text", "text": "A story about a lamp."}, {"type": "image_url", "image_url": {}}],
    },
    {"role": "assistant", "content": [{"type": "thinking", "text": "Hm."}, {"type": "text", "text": STORY}]},
]
# As Gemini's tuning data has it; a part may be a thought.
GEMINI = [
    {"role": "user", "parts": [{"text": "A story about a lamp."}]},
    {"role": "model", "parts": [{"text": "I should be honest.", "thought": True}, {"text": STORY}]},
]
TOOLS = [
    *TURNS,
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    {"role": "tool", "content": "saved"},
]


def story(values: dict[str, Any], **defaults: str) -> NewStory:
    return story_from(values, mapping=guess(list(values)), defaults=defaults)


@pytest.mark.parametrize(
    "chat",
    [
        TURNS,
        SHARED,
        PARTS,
        TOOLS,
        [{"content": turn["content"], "role": turn["role"].title()} for turn in TURNS],
        {"messages": TURNS},
        GEMINI,
        {"contents": GEMINI},
        json.dumps({"contents": GEMINI}),
        {"from": ["human", "gpt"], "value": ["A story about a lamp.", STORY]},
        json.dumps(TURNS),
        json.dumps({"conversations": SHARED}, indent=1),
        str(TURNS),
        "[" + "\n ".join(map(str, SHARED)) + "]",
        f"array([{SHARED[0]},\n       {SHARED[1]}], dtype=object)",
    ],
)
def test_of_a_chat_the_last_answer_is_the_story_and_what_was_asked_its_prompt(chat: Any) -> None:
    found = story({"messages": chat, "id": 1})
    assert (found.text, found.fields["prompt"]) == (STORY, "A story about a lamp.")
    assert story({"messages": chat, "prompt": "Mine."}).fields["prompt"] == "Mine."


def test_a_prompt_may_be_a_chat_and_so_may_the_completion() -> None:
    found = story({"prompt": TURNS[:-1], "completion": TURNS[-1:]})
    assert (found.text, found.fields) == (STORY, {"prompt": "A story about a lamp."})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (TURNS[:2], "assistant says"),
        (json.dumps(TURNS[:2]), "assistant says"),
        ([{"role": "assistant", "content": " "}], "assistant says"),
        (["a", "b"], "a list or an object"),
        ({"a": 1}, "a list or an object"),
        (7, "not text"),
        (float("nan"), "no text"),
        ("None", "no text"),
        ("nan", "no text"),
        (None, "no text"),
    ],
)
def test_what_tells_no_story_says_why(value: Any, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        story({"text": value})


def test_a_story_that_only_looks_like_a_chat_is_itself() -> None:
    for text in ('[He looked at the "role": it was his.', "{enter ghost} 'role': none", '["role": unclosed'):
        assert story({"text": text}).text == text


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("a; b|c,d\ne", ["a", "b", "c", "d", "e"]),
        ('["a, b", "c"]', ["a, b", "c"]),
        ("['a' 'b']", ["a", "b"]),
        ("['a'\n 'b c'\n \"it's\"]", ["a", "b c", "it's"]),
        ("['a', \"it's\", None, nan]", ["a", "it's"]),
        (r"['it\'s' 'b']", ["it's", "b"]),
        ("array(['a', 'b'], dtype=object)", ["a", "b"]),
        ("('a', 'b')", ["a", "b"]),
        ("{'a', 'b'}", ["a", "b"]),
        ("['a' 'b' ... 'z']", ["a", "b", "z"]),
        ("[a, b]", ["a", "b"]),
        ("[]", []),
        ("[nan]", []),
        ("[None, null]", []),
        ("['nan' 'NaN']", []),
        ("nan", []),
        ("N/A; <NA>|null, NULL", []),
        (float("nan"), []),
        (None, []),
        (["a", None, float("nan"), "NaN", " b "], ["a", "b"]),
        ([["a"], {"b": 1}, "c"], ["c"]),
        (3, ["3"]),
    ],
)
def test_a_cell_of_several_values_is_read_as_it_was_printed(cell: Any, values: list[str]) -> None:
    assert values_of(cell) == values


@pytest.mark.parametrize(
    "nothing", ["nan", "NaN", "None", "NULL", "null", "N/A", "NA", "<NA>", "#N/A", "NaT", "\\N", " nan "]
)
def test_no_value_is_no_value_in_any_field(nothing: str) -> None:
    row = {"text": STORY, **dict.fromkeys(["title", "license", "language", "genre", "themes", "prompt", "id"], nothing)}
    found = story(row, license="MIT")
    assert (found.fields, found.tags) == ({"license": "MIT"}, [])


def test_names_that_only_look_like_no_value_stay_in_titles() -> None:
    row = {"text": STORY, "title": "Nan", "prompt": "NONE", "license": "none", "themes": "NONE"}
    assert (story(row).fields, story(row).tags) == ({"title": "Nan", "prompt": "NONE"}, [])


def test_a_printed_list_is_words_in_a_short_field_and_stays_itself_in_a_title() -> None:
    found = story({"text": STORY, "genre": "['fable' 'myth']", "tone": ["warm", None], "title": "['Untitled']"})
    assert found.fields == {"genre": "fable, myth", "tone": "warm", "title": "['Untitled']"}


def test_a_tag_said_twice_is_one_tag_and_the_order_stays() -> None:
    found = story({"text": STORY, "themes": ["Care", "honesty", "CARE", "—"], "principles": "care"})
    assert found.tags == [("principle", "care"), ("theme", "care"), ("theme", "honesty")]


def test_tags_that_are_too_many_or_none_are_kept_beside() -> None:
    many = [f"t{n}" for n in range(MAX_TAGS + 1)]
    found = story({"text": STORY, "themes": many, "principles": ["a", {"b": 1}]})
    assert len(found.tags) == MAX_TAGS + 1
    assert found.original == {"themes": many, "principles": ["a", {"b": 1}]}


@pytest.mark.parametrize("over", [0, 1, 50])
def test_a_value_too_long_is_cut_to_its_field_and_kept_whole(over: int) -> None:
    size = FIELDS["title"].size
    title = "t" * (size + over)
    found = story({"text": STORY, "title": title})
    assert found.fields["title"] == (title if not over else "t" * (size - 1) + "…")
    assert found.original == ({} if not over else {"title": title})


def test_an_object_in_a_field_is_kept_and_the_story_stored() -> None:
    found = story({"text": STORY, "model": {"name": "m1"}})
    assert (found.fields, found.original) == ({}, {"model": {"name": "m1"}})


def test_what_no_field_takes_is_kept_up_to_a_limit() -> None:
    exact, long = "x" * KEPT_VALUE, "y" * (KEPT_VALUE + 1)
    kept = story({"text": STORY, "a": exact, "b": long, "c": None, "d": "", "e": float("inf"), "f": 0}).original
    assert kept == {"a": exact, "b": "y" * (KEPT_VALUE - 1) + "…", "e": None, "f": 0}
    rows = {f"c{n:02}": exact for n in range(KEPT_ROW // KEPT_VALUE + 2)}
    kept = story({"text": STORY, **rows}).original
    assert len(kept) == KEPT_ROW // KEPT_VALUE
    assert "too long to keep" in str(kept["…"])


def test_a_default_only_fills_what_a_row_does_not_say() -> None:
    assert story({"text": STORY, "license": "MIT"}, license="CC0-1.0").fields == {"license": "MIT"}
    assert story({"text": STORY, "license": ""}, license="CC0-1.0").fields == {"license": "CC0-1.0"}


def test_bytes_that_are_no_text_name_the_field_they_stand_in() -> None:
    with pytest.raises(Rejected, match="title: It holds bytes"):
        story({"text": STORY, "title": "caf\udce9"})


def test_the_first_name_that_fits_is_guessed_and_serves_one_field() -> None:
    assert guess(["Output", "TEXT ", "name", "Title", "text"]) == {"text": "TEXT ", "title": "Title"}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_columns_that_come_late_are_found_and_said(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"text": f"{n}"} for n in range(150)]
    rows[149] |= {"license": "MIT", "data": {"title": "Late"}}
    for name in ("late.jsonl", "late.json"):
        path = write(tmp_path / name, rows)
        if name == "late.json":
            path.write_text(json.dumps(rows))
        with open_file(path) as reader:
            assert reader.columns == ["text", "license", "data", "data.title"]
            assert "“license” from row 150 on" in reader.notes[-1]


@pytest.mark.parametrize("form", ["%s\n%s", "[%s, %s]", '{"stories": [%s, %s]}'], ids=["lines", "array", "wrapped"])
@pytest.mark.parametrize(
    "odd",
    ['{"text": "First.", "text": "Second."}', '{"text": "A.", "meta": [{"text": 1, "a": {"text": 2, "text": 3}}]}'],
)
def test_a_row_in_which_a_name_comes_twice_is_rejected_and_no_other(tmp_path: Path, form: str, odd: str) -> None:
    path = tmp_path / ("t.jsonl" if "\n" in form else "t.json")
    path.write_text(form % (odd, '{"text": "Third.", "meta": {"text": "It has its own."}}'))
    with open_file(path) as reader:
        first, second = reader.rows()
        assert "text" in reader.columns
    assert first.problem == reasons.NAME_TWICE % {"name": "text"}
    assert second.values == {"text": "Third.", "meta": {"text": "It has its own."}}


def test_a_name_that_comes_twice_is_told_as_text_however_long(tmp_path: Path) -> None:
    odd = json.dumps("\ud800" + "n" * 500)
    (tmp_path / "t.jsonl").write_text(f'{{"text": "A.", {odd}: 1, {odd}: 2}}\n{{"text": "B."}}\n')
    with open_file(tmp_path / "t.jsonl") as reader:
        first, _second = reader.rows()
    assert "\ufffd" + "n" * 99 + "”" in first.problem


def test_a_chat_in_a_cell_in_which_a_name_comes_twice_is_rejected() -> None:
    chat = '[{"role": "assistant", "content": "First.", "content": "Second."}]'
    for values in ({"text": chat}, {"text": "A.", "prompt": chat}):
        mapping = {name: name for name in values}
        with pytest.raises(Rejected, match="“content” comes twice"):
            story_from(values, mapping=mapping, defaults={})


def test_names_and_numbers_that_the_database_cannot_hold_stop_nothing(tmp_path: Path) -> None:
    for content in ('[{"text": "A.", "\\ud83d\\u0000": 1, "n": %s}]', '{"text": "A.", "\\ud83d\\u0000": 1, "n": %s}'):
        path = tmp_path / "odd.json"
        path.write_text(content % ("9" * 5_000))
        with open_file(path) as reader:
            assert reader.columns == ["text", "\ufffd\ufffd", "n"]
            (row,) = reader.rows()
        kept = story(row.values).original
        assert kept["\ufffd\ufffd"] == 1
        assert str(kept["n"]).startswith("999")


def test_a_file_that_ends_in_half_a_sign_rejects_that_row(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_bytes("text\nÜber die Brücke.\nSchöne Gr".encode() + "ü".encode()[:1])
    with open_file(path) as reader:
        assert "in 1 place;" in reader.notes[0]
        first, second = reader.rows()
    assert story(first.values).text == "Über die Brücke."
    with pytest.raises(Rejected, match="half of a character"):
        story(second.values)
