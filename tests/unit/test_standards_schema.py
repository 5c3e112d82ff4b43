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


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: [", b"- one", b"", b"x" * 600_000])
def test_a_file_that_is_no_standard_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"YAML|mapping|512 KB"):
        read(ConstitutionFile, content)


def test_a_policy_may_only_name_criteria_of_its_rubric() -> None:
    policy = PolicyFile.model_validate({"name": "p", "version": 1, "rules": {"minimum": {"Z9": 4}}})
    with pytest.raises(InvalidInput, match="Z9"):
        policy.check_against({"A1"})
