"""The style sheets speak of start and end, so that pages mirror in languages that are written from right to left."""

import re
from pathlib import Path

import pytest

SHEETS = sorted((Path(__file__).resolve().parents[2] / "curation" / "static" / "css").glob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SIDE = re.compile(r"(?:^|[\s;{-])(?:left|right)(?:-[a-z]+)?\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)")
SHORTHAND = re.compile(r"(?:^|[\s;{])(padding|margin|inset|border-(?:width|style|color))\s*:\s*([^;}]+)")


def parts(value: str) -> list[str]:
    """Cut a value at the spaces outside its brackets."""
    return re.findall(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+", value)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_rule_names_a_side(sheet: Path) -> None:
    rules = COMMENT.sub("", sheet.read_text())
    assert SIDE.findall(rules) == []
    uneven = [f"{name}: {value}" for name, value in SHORTHAND.findall(rules) if len(parts(value)) == 4]
    assert [one for one in uneven if parts(one)[2] != parts(one)[4]] == []
