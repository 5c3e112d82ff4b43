"""Texts that were made to stop a reader: refused or read, and never in a time that nobody has."""

import pytest
import yaml

from curation.core.plain_text import parse_yaml
from curation.stories.cells import values_of
from curation.stories.chats import turns_of
from curation.stories.columns import cell, without
from curation.stories.readers.prose import front_matter, heading_on_top
from curation.stories.text import count_words

VALUES = ["2024-13-45", "9" * 5000, "!!timestamp x", "!!bool x", "!!int x", "!!float x", "[" * 5000]


@pytest.mark.parametrize("value", VALUES)
def test_yaml_with_a_value_that_is_none_of_its_kind_is_refused_as_yaml(value: str) -> None:
    with pytest.raises(yaml.YAMLError):
        parse_yaml(f"date: {value}", yaml.SafeLoader)
    with pytest.raises(yaml.YAMLError):
        front_matter(f"---\ndate: {value}\n---\nA tug waited.\n")


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
