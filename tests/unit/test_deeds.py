"""Everything that the log can hold is told in a sentence."""

import ast
from pathlib import Path

from django.conf import settings
from django.utils import translation

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
    values = dict.fromkeys(["who", "what", "to", "outcome", "role", "person", "count", "key", "model", "version"], "x")
    for language in ("en", "de"):
        with translation.override(language):
            assert all("%" not in str(words) % values for words in DEEDS.values())
