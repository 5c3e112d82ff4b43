"""The glossary names every model once, and nothing that is not there."""

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs/reference/glossary.md"
OURS = ("curation.", "annotations")


def test_every_model_has_one_term_and_every_named_model_exists() -> None:
    ours = [model.__name__ for model in apps.get_models() if model.__module__.startswith(OURS)]
    named = re.findall(r"`([A-Z]\w+)`", GLOSSARY.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(ours)


def test_the_terms_are_in_order_and_each_stands_once() -> None:
    terms = re.findall(r"^\| ([a-z][^|(,]*?)(?: \(|,| \|)", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    terms.remove("term")
    assert terms == sorted(set(terms))


def test_no_two_classes_have_one_name() -> None:
    """But for what a console command is called, and what lies inside a class."""
    found: dict[str, list[str]] = {}
    for path in (path for room in ("curation", "annotations") for path in (ROOT / room).rglob("*.py")):
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            if "migrations" not in path.parts and name != "Command":
                found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in found.items() if len(where) > 1} == {}
