"""What a person can set, and what is refused with words."""

from typing import Any

import pytest

from curation.accounts.preferences import KEYS, Preferences, parse_preferences, read_preferences
from curation.core.errors import InvalidInput


def test_only_what_differs_is_kept_and_it_reads_back_the_same() -> None:
    mine = parse_preferences(
        {"theme": "sepia", "pause": 0, "keys": {"next": "S", "previous": "W"}, "daily_words": 5000}
    )
    stored = mine.to_store()
    assert stored == {"theme": "sepia", "pause": 0, "daily_words": 5000, "keys": {"next": "s", "previous": "w"}}
    assert read_preferences(stored) == mine
    assert read_preferences({}) == Preferences()


@pytest.mark.parametrize("stored", [{"theme": "loud"}, {"old": 1}, [], None, {"keys": {"next": 5}}, {"keys": 3}])
def test_what_is_not_understood_falls_back_to_the_defaults(stored: Any) -> None:
    assert read_preferences(stored) == Preferences()


def test_two_actions_on_one_key_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="“Next question” and “Previous question” cannot both have the key J"):
        parse_preferences({"keys": {"previous": "J"}})


def test_a_key_that_was_given_away_before_its_action_existed_stays_given_away() -> None:
    mine = read_preferences({"theme": "dark", "keys": {"next": "r", "evidence": "a"}})
    assert (mine.theme, mine.keys["next"], mine.keys["evidence"], mine.keys["revise"]) == ("dark", "r", "a", "b")
    assert read_preferences(mine.to_store()) == mine


def test_two_keys_can_change_places() -> None:
    keys = parse_preferences({"keys": {"next": "k", "previous": "j"}}).keys
    assert keys == {**KEYS, "next": "k", "previous": "j"}


@pytest.mark.parametrize("key", ["5", "", " ", "jj", "\t", "٣", None, 7, "\u200b", "\u0301"])
def test_a_key_is_one_letter_or_sign(key: Any) -> None:
    with pytest.raises(InvalidInput, match="needs one key"):
        parse_preferences({"keys": {"next": key}})


@pytest.mark.parametrize("key", ["é", "ж", "ا", ";", "/", "ß"])
def test_any_alphabet_will_do(key: str) -> None:
    assert parse_preferences({"keys": {"next": key}}).keys["next"] == key


@pytest.mark.parametrize(
    "data",
    [{"theme": "x"}, {"size": 3}, {"pause": 30}, {"pause": True}, {"keys_on": "on"}, {"daily_words": -1},
     {"daily_words": 10**9}, {"daily_words": True}, {"colour": "red"}, {"keys": {"jump": "q"}}, {"theme": []}],
)  # fmt: skip
def test_what_the_page_does_not_offer_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_preferences(data)
