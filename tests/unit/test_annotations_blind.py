"""Blind review is a property of the structure: nothing on the human side can reach a machine's score."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("scoring", "calibration", "triage", "releases", "overview", "pages")
ABOVE = tuple(f"curation.{room}" for room in ROOMS)
TABLES = re.compile(r"\b(scoring|calibration|triage|releases)_[a-z]+", re.IGNORECASE)
# What sounds like a score in a page that is shown before a decision.
TEMPLATE_WORDS = re.compile(
    r"\{(\{|% (?!translate|blocktranslate))[^}]*\b(score|judge|calibration|exposure)\w*", re.IGNORECASE
)
SOURCES = sorted((ROOT / "annotations").rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def problems(source: str) -> list[str]:
    tree = ast.parse(source)
    found = [name for name in imported(tree) if name.startswith(ABOVE) or name.startswith("importlib")]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in {"get_model", "get_models", "get_app_config", "import_module", "__import__", "import_string"}:
                found.append(name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and TABLES.search(node.value):
            found.append(node.value)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_of_the_human_side_reaches_a_score(path: Path) -> None:
    source = path.read_text()
    if path.parent.name == "migrations":
        # A migration can name an earlier one of its room by its number only in this way.
        source = source.replace("from importlib import import_module", "")
        source = re.sub(r'import_module\("annotations\.migrations\.\w+"\)', "None", source)
    assert problems(source) == []


@pytest.mark.parametrize("path", sorted((ROOT / "templates" / "annotations").rglob("*.html")), ids=lambda p: p.name)
def test_no_page_of_the_human_side_prints_a_score(path: Path) -> None:
    assert not TEMPLATE_WORDS.search(path.read_text())


@pytest.mark.parametrize(
    "source",
    [
        "from curation.scoring.models import Score",
        "import curation.calibration.models",
        "from django.apps import apps\napps.get_model('scoring', 'Score')",
        "cursor.execute('SELECT value FROM scoring_score')",
        "__import__('curation.scoring')",
    ],
)
def test_the_lint_catches_each_way_round_the_wall(source: str) -> None:
    assert problems(source)
