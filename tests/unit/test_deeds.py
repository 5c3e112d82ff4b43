"""Everything that the log can hold is told in a sentence."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone, translation

from curation.pages.activity import EntryGroup, _words
from curation.pages.deeds import DEEDS


def test_every_deed_that_the_code_records_has_a_sentence() -> None:
    told = set()
    for room in ("curation", "annotations"):
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword) and node.arg == "verb" and isinstance(node.value, ast.Constant):
                    told.add(str(node.value.value))
    assert len(told) > 30
    assert told - set(DEEDS) == set()


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_sentence_asks_for_nothing_that_the_page_does_not_have(language: str) -> None:
    with translation.override(language):
        for verb in DEEDS:
            assert "%" not in _words(EntryGroup(None, verb, "releases.release", timezone.now(), 1, ["1"], {}), {}), verb
