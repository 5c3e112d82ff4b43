"""Versions: written, ordered, and never less than the change."""

from itertools import product

import pytest

from curation.releases.versions import Version, VersionChange, least_next, parse, understates


def test_a_version_is_read_as_it_is_written() -> None:
    assert parse(" v1.20.3 ") == Version(1, 20, 3)
    assert str(Version(1, 20, 3)) == "v1.20.3"
    assert parse("v1.10.0") > parse("v1.9.9")


@pytest.mark.parametrize("written", ["1.0.0", "v1.0", "v01.0.0", "v1.0.0-beta", "v1.0.1234567", "", "v1.0.0\nv2.0.0"])
def test_anything_else_is_explained(written: str) -> None:
    with pytest.raises(ValueError, match=r"write it as v1\.2\.3"):
        parse(written)


@pytest.mark.parametrize(
    ("version", "change", "words"),
    [
        ("v2.0.0", VersionChange(breaking=True, added=True), ""),
        ("v1.5.0", VersionChange(breaking=True), "use v2.0.0"),
        ("v1.5.0", VersionChange(added=True), ""),
        ("v1.4.3", VersionChange(added=True), "Stories were added since v1.4.2: use v1.5.0"),
        ("v1.4.3", VersionChange(reselected=True), "The selection is another than that of v1.4.2: use v1.5.0"),
        ("v1.5.0", VersionChange(reselected=True), ""),
        ("v1.5.0", VersionChange(breaking=True, reselected=True), "use v2.0.0"),
        ("v1.4.3", VersionChange(), ""),
        ("v3.0.0", VersionChange(), ""),
        ("v1.4.2", VersionChange(), "does not come after"),
        ("v0.9.0", VersionChange(breaking=True, added=True), "does not come after"),
    ],
)
def test_a_version_may_not_understate_the_change(version: str, change: VersionChange, words: str) -> None:
    answer = understates(parse(version), Version(1, 4, 2), change)
    assert words in answer
    assert bool(words) == bool(answer)


def test_the_least_next_version_never_understates() -> None:
    for change in (VersionChange(*parts) for parts in product((True, False), repeat=3)):
        least = least_next(Version(0, 1, 0), change)
        assert understates(least, Version(0, 1, 0), change) == ""
