"""Versions: written, ordered, and never less than the change."""

import pytest

from curation.releases.versions import Version, least_next, parse, understates


def test_a_version_is_read_as_it_is_written() -> None:
    assert parse(" v1.20.3 ") == Version(1, 20, 3)
    assert str(Version(1, 20, 3)) == "v1.20.3"
    assert parse("v1.10.0") > parse("v1.9.9")


@pytest.mark.parametrize("written", ["1.0.0", "v1.0", "v01.0.0", "v1.0.0-beta", "v1.0.1234567", "", "v1.0.0\nv2.0.0"])
def test_anything_else_is_explained(written: str) -> None:
    with pytest.raises(ValueError, match=r"write it as v1\.2\.3"):
        parse(written)


@pytest.mark.parametrize(
    ("version", "breaking", "added", "words"),
    [
        ("v2.0.0", True, True, ""),
        ("v1.5.0", True, False, "use v2.0.0"),
        ("v1.5.0", False, True, ""),
        ("v1.4.3", False, True, "use v1.5.0"),
        ("v1.4.3", False, False, ""),
        ("v3.0.0", False, False, ""),
        ("v1.4.2", False, False, "does not come after"),
        ("v0.9.0", True, True, "does not come after"),
    ],
)
def test_a_version_may_not_understate_the_change(version: str, breaking: bool, added: bool, words: str) -> None:
    answer = understates(parse(version), Version(1, 4, 2), breaking=breaking, added=added)
    assert words in answer
    assert bool(words) == bool(answer)


def test_the_least_next_version_never_understates() -> None:
    for breaking in (True, False):
        for added in (True, False):
            least = least_next(Version(0, 1, 0), breaking=breaking, added=added)
            assert understates(least, Version(0, 1, 0), breaking=breaking, added=added) == ""
