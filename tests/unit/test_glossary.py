"""The glossary names every model once, and nothing that is not there."""

import re
from pathlib import Path

from django.apps import apps

GLOSSARY = Path(__file__).resolve().parents[2] / "docs/reference/glossary.md"
OURS = ("curation.", "annotations")


def test_every_model_has_one_term_and_every_named_model_exists() -> None:
    ours = [model.__name__ for model in apps.get_models() if model.__module__.startswith(OURS)]
    named = re.findall(r"`([A-Z]\w+)`", GLOSSARY.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(ours)


def test_the_terms_are_in_order_and_each_stands_once() -> None:
    terms = re.findall(r"^\| ([a-z][^|(,]*?)(?: \(|,| \|)", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    terms.remove("term")
    assert terms == sorted(set(terms))


def test_no_class_beside_a_model_has_its_name() -> None:
    root = GLOSSARY.parents[2]
    ours = {model.__name__ for model in apps.get_models() if model.__module__.startswith(OURS)}
    found: dict[str, list[str]] = {name: [] for name in ours}
    for path in (path for room in ("curation", "annotations") for path in (root / room).rglob("*.py")):
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            found.setdefault(name, []).append(str(path.relative_to(root)))
    assert {name: found[name] for name in ours if len(found[name]) != 1} == {}
