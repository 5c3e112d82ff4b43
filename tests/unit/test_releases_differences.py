"""What differs between two versions, and what a version was asked to take: the parts that need no database."""

from collections import Counter

from curation.releases.diff.comparing import columns, differing, moves, standards
from curation.releases.selecting import SelectionChoice

STANDARDS = {"rubric": {"name": "R", "version": 1}, "policy": None, "constitution": None, "schema": 3}


def test_moves_are_told_by_how_many_moved_and_then_by_name() -> None:
    counted = Counter({("gold", "silver"): 1, ("silver", "gold"): 3, ("bronze", "gold"): 1})
    assert list(moves(counted).items()) == [("silver > gold", 3), ("bronze > gold", 1), ("gold > silver", 1)]


def test_what_came_and_what_went_differ_too() -> None:
    assert differing({"A1": 4.0, "A2": 3.0, "B1": 2.0}, {"A2": 3.0, "B1": 2.5, "D1": 1.0}) == {
        "A1": [4.0, None],
        "B1": [2.0, 2.5],
        "D1": [None, 1.0],
    }


def test_a_new_column_is_added_and_not_changed() -> None:
    before, after = {"stories": [["id", "string"], ["n", "int32"]]}, {"stories": [["n", "int64"], ["tags", "list"]]}
    assert columns(before, after) == {
        "stories": {"added": ["tags"], "removed": ["id"], "changed": ["n: int32 > int64"]}
    }
    assert columns(before, before) == columns({}, after) == {}
    assert columns(before, {**before, "new": [["id", "string"]]})["new"]["added"] == ["id"]
    assert columns({**before, "old": [["id", "string"]]}, before)["old"]["removed"] == ["id"]


def test_an_older_schema_is_another_one() -> None:
    assert standards(STANDARDS, {**STANDARDS, "schema": 2}) == {"schema": ["3", "2"]}
    assert standards(STANDARDS, {**STANDARDS, "rubric": None}) == {"rubric": ["R 1", "none"]}
    assert standards(STANDARDS, dict(STANDARDS)) == {}


def test_a_choice_is_the_same_in_whatever_order_and_number_it_is_told() -> None:
    told = SelectionChoice.from_data({"themes": ["b", "a", "b"], "unheard_of": 1})
    assert told == SelectionChoice(themes=("a", "b"))
    assert SelectionChoice.from_data(told.as_data()) == told
    assert told.narrows
    assert not SelectionChoice.from_data({}).narrows


def test_each_most_of_something_caps() -> None:
    assert all(SelectionChoice(**{cap: 0}).capped for cap in ("per_principle", "per_theme", "per_generator"))
    assert not SelectionChoice(one_per_cluster=True).capped
