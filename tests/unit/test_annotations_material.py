"""What the review room says at length is whole, and fits the default rubric."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils.translation import override

from annotations import material

ROOT = Path(__file__).parents[2]
RUBRIC: dict[str, Any] = yaml.safe_load((ROOT / "curation/standards/data/rubric.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_criterion_has_two_worked_examples_apart_from_each_other(language: str) -> None:
    with override(language):
        assert material.language_of("guidelines", "criteria") == language
        written = material.read("guidelines", "criteria")
    assert list(written) == [criterion["key"] for criterion in RUBRIC["criteria"]]
    for part in written.values():
        values = [example["value"] for example in part["examples"]]
        assert len(set(values)) == len(values) == 2
        assert all(1 <= value <= 5 for value in values)
        assert all(example["passage"] and example["why"] for example in part["examples"])


def test_a_translated_example_is_rated_as_its_original_is() -> None:
    values = {}
    for language in ("en", "de"):
        with override(language):
            written = material.read("guidelines", "criteria")
        values[language] = {key: [one["value"] for one in part["examples"]] for key, part in written.items()}
    assert values["de"] == values["en"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_flag_says_when_to_raise_it_and_when_to_leave_it(language: str) -> None:
    with override(language):
        assert material.language_of("guidelines", "flags") == language
        written = material.read("guidelines", "flags")
    assert list(written) == [flag["key"] for flag in RUBRIC["flags"]]
    assert all(part["raise"] and part["leave"] for part in written.values())


def test_the_consent_says_what_is_published_and_what_never_is() -> None:
    text = material.read("consent", str(material.consent_version()))
    headings = [section["heading"] for section in text["sections"]]
    assert "What is never published" in headings
    assert "If you say no" in headings


def test_a_translation_is_read_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "HERE", tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/1.yaml").write_text("[stay]")
    (tmp_path / "notes/1.de.yaml").write_text("[bleib]")
    with override("de-at"):
        assert material.read("notes", "1") == ["bleib"]
    with override("fr"):
        assert material.read("notes", "1") == ["stay"]
    assert material.names("notes") == ("1",)
