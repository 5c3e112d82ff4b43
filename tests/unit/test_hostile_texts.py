"""Texts that were made to stop a reader: refused or read, and never in a time that nobody has."""

from pathlib import Path

import pytest
import yaml

from curation.core.plain_text import MOST_NESTED_YAML, ShallowLoader, levels, parse_yaml
from curation.stories import reasons
from curation.stories.cells import values_of
from curation.stories.chats import turns_of
from curation.stories.columns import cell, without
from curation.stories.mapping import keepable
from curation.stories.readers.base import MOST_NESTED, row_of
from curation.stories.readers.detect import open_file
from curation.stories.readers.prose import front_matter, heading_on_top
from curation.stories.text import count_words

VALUES = ["2024-13-45", "9" * 5000, "!!timestamp x", "!!bool x", "!!int x", "!!float x", "[" * 5000]


@pytest.mark.parametrize("value", VALUES)
def test_yaml_with_a_value_that_is_none_of_its_kind_is_refused_as_yaml(value: str) -> None:
    with pytest.raises(yaml.YAMLError):
        parse_yaml(f"date: {value}", ShallowLoader)
    with pytest.raises(yaml.YAMLError):
        front_matter(f"---\ndate: {value}\n---\nA tug waited.\n")


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_yaml_is_read_to_a_depth_that_no_file_of_people_has(opened: str, closed: str) -> None:
    most = opened * MOST_NESTED_YAML + "1" + closed * MOST_NESTED_YAML
    assert len(list(levels(parse_yaml(most, ShallowLoader)))) == MOST_NESTED_YAML + 1
    with pytest.raises(yaml.YAMLError, match="nested too deeply"):
        parse_yaml(opened * 500 + closed * 500, ShallowLoader)


@pytest.mark.parametrize("levels", [101, 900])
@pytest.mark.parametrize("opened", ["[]", "{}"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.md"])
def test_a_value_that_is_nested_too_deeply_is_refused_by_a_sentence(
    tmp_path: Path, name: str, opened: str, levels: int
) -> None:
    ways = {"[]": "[" * levels + "]" * levels, "{}": '{"a": ' * levels + "1" + "}" * levels}
    rows = {
        "a.jsonl": '{{"text": "It waited.", "odd": {0}}}\n{{"text": "It waited."}}\n',
        "a.json": '[{{"text": "It waited.", "odd": {0}}}, {{"text": "It waited."}}]',
        "a.md": "---\nodd: {0}\n---\nIt waited.\n",
    }
    path = tmp_path / name
    path.write_text(rows[name].format(ways[opened]))
    with open_file(path) as reader:
        deep, *rest = reader.rows()
    assert deep.problem == reasons.TOO_DEEP or "is not readable YAML" in deep.problem
    assert [row.problem for row in rest] == [""] * len(rest)


def test_a_value_that_is_nested_as_deeply_as_is_read_is_kept() -> None:
    value: list[object] = []
    for _level in range(MOST_NESTED - 1):
        value = [value]
    row = row_of(1, {"odd": value})
    assert (row.problem, keepable(row.values)) == ("", {"odd": value})
    assert row_of(1, {"odd": [value]}).problem == reasons.TOO_DEEP


@pytest.mark.parametrize(
    ("text", "heading"),
    [("# The tug\n\nIt waited.", "The tug"), ("\n#\tThe tug ## \nIt", "The tug"), ("# C# ##", "C#"), ("# #\n", "#"),
     ("#tag\n", ""), ("#   \n", ""), ("It waited.\n# The tug", ""),
     ("# x" + "# " * 50_000 + "z", "x" + "# " * 50_000 + "z")],
)  # fmt: skip
def test_a_heading_is_what_stands_between_the_signs(text: str, heading: str) -> None:
    assert heading_on_top(text)[0] == heading


def test_a_list_with_a_quote_that_is_never_closed_keeps_what_comes_before_it() -> None:
    assert values_of("['care', 'duty") == ["['care'", "'duty"]
    assert values_of("['care', 'duty]") == ["care", "duty"]
    assert values_of("['it's', 'b']")[-1] == "b"
    assert len(values_of("['" + "a\\'" * 100_000 + "]")) == 1


def test_a_column_inside_an_object_is_found_by_the_shortest_name_around_it() -> None:
    row = {"a": {"b.c": 1, "d": None}, "a.b": {"c": 2}, "x": 3}
    assert cell(row, "a.b.c") == 1
    assert cell(row, "a" + "." * 1_000_000) is None
    assert without(row, ["a.b.c"]) == {"a": {"d": None}, "a.b": {}, "x": 3}


def test_signs_without_a_letter_are_no_words_however_many() -> None:
    assert count_words("日" + "!" * 200_000) == 1
    assert count_words("日 -- a !b! c") == 4


def test_a_printed_chat_of_names_made_of_marks_is_no_chat() -> None:
    assert turns_of("[{'role': a" + "\u0315\u0300" * 100_000) is None
    assert turns_of("[{'role': 'user', 'content': 'a " + "-" * 100 + "'}]") == [("user", "a " + "-" * 100)]
