"""The importing guide names the fields, formats and limits that the code has."""

import re
from pathlib import Path

from curation.stories import dedupe
from curation.stories.actions.importing import CHUNK_ROWS
from curation.stories.fields import FIELDS
from curation.stories.mapping import KEPT_ROW, KEPT_VALUE
from curation.stories.text import MAX_CHARS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "admin" / "importing.md").read_text()


def test_the_table_of_fields_is_the_codes() -> None:
    listed = {
        field: tuple(re.findall(r"`([^`]+)`", names))
        for field, names in re.findall(r"^\| `(\w+)` \| (.+) \|$", GUIDE, re.MULTILINE)
    }
    assert listed == {name: field.guesses for name, field in FIELDS.items()}


def test_the_figures_are_the_codes() -> None:
    for figure in (f"{MAX_CHARS:,}", f"{KEPT_VALUE:,}", f"{KEPT_ROW:,}", f"chunks of {CHUNK_ROWS:,}"):
        assert figure in GUIDE
    assert f"{dedupe.THRESHOLD:.2f}"[1:] in GUIDE
