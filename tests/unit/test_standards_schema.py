"""Files that hold standards: what is accepted, and what a mistake is told."""

import pytest
import yaml

from curation.core.errors import InvalidInput
from curation.standards.actions import DATA
from curation.standards.schema import ConstitutionFile, PolicyFile, RubricFile, read


def test_the_default_rubric_has_the_ten_criteria_with_five_anchors_each() -> None:
    rubric = read(RubricFile, (DATA / "rubric.yaml").read_bytes())
    assert [part.key for part in rubric.criteria] == ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1"]
    assert all(len(set(part.anchors)) == 5 for part in rubric.criteria)
    assert {part.key for part in rubric.flags if part.safety} == {"self_harm", "sexual_minors", "hazardous_uplift"}


def test_the_default_constitution_has_ten_principles() -> None:
    assert len(read(ConstitutionFile, (DATA / "constitution.yaml").read_bytes()).principles) == 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"criteria": []}, "criteria"),
        ({"version": 0}, "version"),
        ({"surprise": 1}, "surprise"),
        ({"themes": []}, "names the theme “boundaries”, which is not listed"),
    ],
)
def test_a_wrong_rubric_is_told_where_it_is_wrong(change: dict[str, object], words: str) -> None:
    data = yaml.safe_load((DATA / "rubric.yaml").read_bytes()) | change
    with pytest.raises(InvalidInput, match=words):
        read(RubricFile, yaml.safe_dump(data))


FAULTY = """\
name: Mine
version: one
surprise: 1
themes:
  - {key: 9x, name: A theme}
criteria:
  - key: A1
    group: E
    nmae: Conduct
    name: ""
    short: Much too long for the narrow column
    question: 4
    labels: [a, b]
    anchors: none
  - just words
flags:
  - {key: mild, name: Mild, severity: soft, safety: true}
  - {key: other}
"""


def test_every_fault_of_a_file_is_told_with_its_line_and_in_plain_words() -> None:
    with pytest.raises(InvalidInput) as refused:
        read(RubricFile, FAULTY)
    said = str(refused.value)
    for words in (
        "Line 2, version: write a whole number here.",
        "Line 3, surprise: there is no such key here; the keys are name, version, language, summary, themes, criteria, "
        "flags, translations.",
        "Line 5, themes 1, key: write a letter, then letters, digits or _, no more than 40 in all.",
        "Line 8, criteria 1, group: write one of A, B, C, D here.",
        "Line 9, criteria 1, nmae: there is no such key here; the keys are key, group, theme, name, short",
        "Line 10, criteria 1, name: write something here.",
        "Line 11, criteria 1, short: write 24 characters here at most.",
        "Line 12, criteria 1, question: write text here",
        "Line 13, criteria 1, labels: list at least 5 entries here.",
        "Line 14, criteria 1, anchors: write a list here",
        "Line 15, criteria 2: write keys with their values here",
        "And 2 more problems.",
    ):
        assert words in said
    with pytest.raises(InvalidInput, match=r"Line 1, rules: this is missing\."):
        read(PolicyFile, "name: p\nversion: 1\n")
    policy = "name: p\nversion: 1\nrules:\n  theme_share: 0\n  floor: 6\n  tiers: {gold: {wieght: 2}}\n"
    with pytest.raises(InvalidInput) as refused:
        read(PolicyFile, policy)
    said = str(refused.value)
    assert "Line 4, rules, theme_share: write a number here that is more than 0." in said
    assert "Line 5, rules, floor: write a number here that is 5 or less." in said
    assert "Line 6, rules, tiers, gold, wieght: there is no such key here; the keys are every, weight." in said
    flag = "flags: [{key: mild, name: Mild, severity: soft, safety: true}]"
    with pytest.raises(InvalidInput, match="flags 1: a safety flag must be hard"):
        read(RubricFile, f"name: r\nversion: 1\ncriteria: []\n{flag}")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: [", b"- one", b"", b"x" * 600_000])
def test_a_file_that_is_no_standard_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"YAML|mapping|512 KB"):
        read(ConstitutionFile, content)


def test_a_policy_may_only_name_criteria_of_its_rubric() -> None:
    policy = PolicyFile.model_validate({"name": "p", "version": 1, "rules": {"minimum": {"Z9": 4}}})
    with pytest.raises(InvalidInput, match="Z9"):
        policy.check_against({"A1"})


@pytest.mark.parametrize(
    ("translations", "words"),
    [
        ({"de": {"criteria": {"Z9": {"name": "x"}}}}, "translation “de” names Z9, which the file does not have"),
        ({"de": {"flags": {"nothing": {"name": "x"}}}}, "names nothing, which the file does not have"),
        ({"de": {"themes": {"nothing": {"name": "x"}}}}, "names nothing, which the file does not have"),
        ({"de": {"criteria": {"A1": {"group": "B"}}}}, "no such key here; the keys are name, short, question, labels"),
        ({"de": {"criteria": {"A1": {"labels": ["a", "b"]}}}}, "list at least 5 entries here"),
        ({"de": {"criteria": {"A1": {"short": "x" * 25}}}}, "write 24 characters here at most"),
        ({"de": {"surprise": 1}}, "no such key here; the keys are summary, themes, criteria, flags"),
        ({"German": {}}, "write the code of a language"),
        ({"en": {}}, "“en” is the language of the file itself"),
    ],
)
def test_a_wrong_translation_is_told_where_it_is_wrong(translations: dict[str, object], words: str) -> None:
    data = yaml.safe_load((DATA / "rubric.yaml").read_bytes()) | {"translations": translations}
    with pytest.raises(InvalidInput, match=words):
        read(RubricFile, yaml.safe_dump(data, allow_unicode=True))
