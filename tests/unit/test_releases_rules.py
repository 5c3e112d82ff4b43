"""Tiers, licences, pseudonyms, and why a build stopped."""

import errno

import pytest
from django.db import OperationalError
from huggingface_hub.utils import validate_repo_id

from curation.core.errors import Conflict
from curation.releases import tiers
from curation.releases.actions.building import in_words
from curation.releases.licences import KNOWN, address, for_all, hub_name, known, may_go_under
from curation.releases.names import fits
from curation.releases.pseudonyms import name_for
from curation.stories.licence_names import spdx


def test_licences_are_known_by_their_usual_spellings() -> None:
    assert known("cc by 4.0") == known("CC-BY-4.0") == known("cc-by-4.0") == "CC-BY-4.0"
    assert known("all rights reserved") == known("") == ""
    # One that has a name, but that no dataset may be mixed under.
    assert (spdx("CC-BY-ND-4.0"), known("CC-BY-ND-4.0"), hub_name("CC-BY-ND-4.0")) == ("CC-BY-ND-4.0", "", "other")
    assert not may_go_under("CC-BY-ND-4.0", "CC-BY-ND-4.0")
    assert hub_name("CC-BY-SA-4.0") == "cc-by-sa-4.0"
    assert hub_name("my own") == "other"
    assert (hub_name("ODC-By-1.0"), hub_name("pddl")) == ("odc-by", "pddl")


def test_a_licence_leads_to_its_page() -> None:
    assert address("cc by 4.0") == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert address("my own") == "my own"
    assert address("") == "unknown"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0"),
        ("http://CreativeCommons.org/licenses/BY/3.0", "CC-BY-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("  MIT ", "MIT"),
        ("MIT License", "MIT"),
        ("the MIT licence", ""),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("apache-v2.0", "Apache-2.0"),
        ("Apache License 2", "Apache-2.0"),
        ("Apache 2", "Apache-2.0"),
        ("CC0 license", "CC0-1.0"),
        ("MITLicense", "MIT"),
        ("CC BY-SA v4.0", "CC-BY-SA-4.0"),
        ("cc_by_4.0", "CC-BY-4.0"),
        ("CC-BY", "CC-BY-4.0"),
        ("Public Domain", "CC0-1.0"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("all rights reserved", ""),
    ],
)
def test_a_licence_is_read_as_people_write_it(written: str, meant: str) -> None:
    assert spdx(written) == meant


def test_every_known_licence_is_known_by_its_own_name() -> None:
    assert [known(name.lower()) for name in KNOWN] == list(KNOWN)


FREE, NOTICE, BY = ("CC0-1.0", "PDDL-1.0", "Unlicense"), ("MIT", "Apache-2.0"), ("CC-BY-3.0", "CC-BY-4.0", "ODC-By-1.0")
SA, NC, NC_SA = ("CC-BY-SA-4.0",), ("CC-BY-NC-4.0",), ("CC-BY-NC-SA-4.0",)


@pytest.mark.parametrize(
    ("stories", "datasets"),
    [
        (FREE, (*FREE, *NOTICE, *BY, *SA, *NC, *NC_SA)),
        (NOTICE, (*NOTICE, *BY, *SA, *NC, *NC_SA)),
        (BY, (*BY, *SA, *NC, *NC_SA)),
        (SA, SA),
        (NC, (*NC, *NC_SA)),
        (NC_SA, NC_SA),
        (("", "all rights reserved"), ()),
    ],
)
def test_a_dataset_asks_for_at_least_what_its_stories_ask_for(
    stories: tuple[str, ...], datasets: tuple[str, ...]
) -> None:
    every = (*FREE, *NOTICE, *BY, *SA, *NC, *NC_SA, "my own")
    for story in stories:
        assert {outer for outer in every if may_go_under(story, outer)} == set(datasets), story


def test_the_least_demanding_licence_for_all_stories_comes_first() -> None:
    assert for_all(["MIT", "CC0-1.0"])[0] == "MIT"
    assert for_all(["CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0"]) == ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"]
    assert for_all(["CC-BY-SA-4.0", "CC-BY-NC-4.0"]) == []


@pytest.mark.parametrize("name", ["a", "Tales-of_2", "x" * 80])
def test_what_may_be_a_name_here_may_be_one_on_the_hub(name: str) -> None:
    assert fits(name, 80)
    validate_repo_id(f"org/{name}")


@pytest.mark.parametrize("name", ["", "a b", "-a", "a-", "a--b", "a__b", "_a", "a.b", "é", "a\n", "x" * 81])
def test_what_cannot_be_a_name(name: str) -> None:
    assert not fits(name, 80)


def test_a_pseudonym_depends_on_secret_dataset_and_person() -> None:
    name = name_for(b"secret", "org/name", 7)
    assert name == name_for(b"secret", "org/name", 7)
    assert len({name, name_for(b"other", "org/name", 7), name_for(b"secret", "org/x", 7)}) == 3
    assert name.startswith("reader-")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "full"), "There is no space left"),
        (OSError(errno.EDQUOT, "quota"), "There is no space left"),
        (OSError(errno.EIO, "broken"), "The build stopped: OSError: "),
        (Conflict("Look at it, then retry."), "Look at it, then retry."),
        (OperationalError("secret host"), "The database was not there."),
        (ValueError("x" * 900), f"The build stopped: ValueError: {'x' * 488}"),
    ],
)
def test_a_build_that_stops_says_why_in_words(error: Exception, words: str) -> None:
    said = in_words(error)
    assert said.startswith(words)
    assert len(said) <= 520
    assert "secret" not in said


def test_tiers_are_ranked_by_what_they_ask_for_and_have_their_own_weights() -> None:
    rules = {"silver": {"weight": 1.0}, "gold": {"every": 4, "weight": 2.0}, "bronze": {"weight": 0.25}}
    assert tiers.names(rules) == tiers.names({}) == ["gold", "silver", "bronze"]
    assert tiers.names({"fine": {"every": 3}, "finest": {"every": 4.5}}) == ["finest", "fine", "silver", "bronze"]
    assert [tiers.weight_of(rules, name) for name in ("gold", "silver", "bronze")] == [2.0, 1.0, 0.25]
    assert [tiers.weight_of({"fine": {"every": 3}}, name) for name in ("fine", "silver", "bronze")] == [1.0, 1.0, 0.5]
