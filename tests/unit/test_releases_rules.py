"""Tiers, licences, pseudonyms."""

import pytest

from curation.releases.licences import hub_name, known, may_go_under
from curation.releases.pseudonyms import name_for
from curation.releases.tiers import tier_of

TIERS = {"silver": {"weight": 1.0}, "gold": {"every": 4, "weight": 2.0}}


@pytest.mark.parametrize(
    ("values", "soft", "expected"),
    [
        ({"A1": 4.0, "B1": 4.5, "C1": None}, 0, ("gold", 2.0)),
        ({"A1": 4.0, "B1": 4.5}, 1, ("silver", 1.0)),
        ({"A1": 3.5, "B1": 5.0}, 0, ("silver", 1.0)),
        ({"A1": None}, 0, ("silver", 1.0)),
        ({}, 0, ("silver", 1.0)),
    ],
)
def test_gold_asks_for_every_applicable_criterion_and_no_soft_flag(
    values: dict[str, float | None], soft: int, expected: tuple[str, float]
) -> None:
    assert tier_of(TIERS, values, soft_flags=soft) == expected


def test_a_policy_may_have_tiers_of_its_own() -> None:
    tiers = {"finest": {"every": 4.5, "weight": 4}, "fine": {"every": 3, "weight": 2}}
    assert tier_of(tiers, {"A1": 4.6}, soft_flags=0) == ("finest", 4.0)
    assert tier_of(tiers, {"A1": 3.0}, soft_flags=0) == ("fine", 2.0)
    assert tier_of(tiers, {"A1": 2.0}, soft_flags=0) == ("silver", 1.0)


def test_licences_are_known_by_their_usual_spellings() -> None:
    assert known("cc by 4.0") == known("CC-BY-4.0") == known("cc-by-4.0") == "CC-BY-4.0"
    assert known("all rights reserved") == known("") == ""
    assert hub_name("CC-BY-SA-4.0") == "cc-by-sa-4.0"
    assert hub_name("my own") == "other"


@pytest.mark.parametrize(
    ("story", "dataset", "allowed"),
    [
        ("CC0-1.0", "CC-BY-4.0", True),
        ("CC0-1.0", "CC0-1.0", True),
        ("CC-BY-4.0", "CC-BY-4.0", True),
        ("CC-BY-4.0", "CC-BY-NC-4.0", True),
        ("CC-BY-4.0", "CC0-1.0", False),
        ("CC-BY-SA-4.0", "CC-BY-4.0", False),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0", True),
        ("CC-BY-NC-4.0", "CC-BY-4.0", False),
        ("", "CC-BY-4.0", False),
        ("all rights reserved", "CC-BY-4.0", False),
    ],
)
def test_what_may_go_under_what(story: str, dataset: str, allowed: bool) -> None:
    assert may_go_under(story, dataset) is allowed


def test_a_pseudonym_depends_on_secret_dataset_and_person() -> None:
    name = name_for(b"secret", "org/name", 7)
    assert name == name_for(b"secret", "org/name", 7)
    assert len({name, name_for(b"other", "org/name", 7), name_for(b"secret", "org/x", 7)}) == 3
    assert name.startswith("reader-")
