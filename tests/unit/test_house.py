"""The walls: every room is named in the contracts, every long file is noticed, every setting is in the docs."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from curation.core.commands import ExemplaCommand

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    path
    for room in ("curation", "annotations")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts and "management" not in path.parts
]


def contracts() -> list[dict[str, object]]:
    return list(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"])


def test_every_room_stands_in_the_one_way_contract() -> None:
    named = {
        part.strip().removeprefix("curation.")
        for line in contracts()[0]["layers"]  # type: ignore[attr-defined]
        for part in line.split("|")
    }
    rooms = {path.parent.name for path in (ROOT / "curation").glob("*/__init__.py")}
    assert rooms <= named


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read_at_once(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_everything_else_that_is_read_is_short_as_well() -> None:
    """Tests, commands, scripts, style sheets and templates; but for tables with a row for each verb or address."""
    tables = {"tests/integration/test_audit_entries.py", "tests/integration/test_who_may.py"}
    read = [
        path
        for folder in ("annotations", "curation", "templates", "tests", "types")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".css", ".html", ".js", ".py", ".sql", ".ts"} and "migrations" not in path.parts
    ]
    assert len(read) > 1000
    long = {str(path.relative_to(ROOT)) for path in read if path.read_text(encoding="utf-8").count("\n") > 400}
    assert long == tables


def test_half_of_the_files_are_under_a_hundred_lines() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in CODE)
    assert lengths[len(lengths) // 2] < 100


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    readers = r"environ(?:\.get|\.setdefault)?[(\[]|flag\(|names\(|number\(|one_of\(|address\(|required\("
    read = re.compile(rf'(?:{readers})\s*"([A-Z][A-Z0-9_]+)"')
    used = {name for path in (ROOT / "curation").rglob("*.py") for name in read.findall(path.read_text("utf-8"))}
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs/operator/settings.md").read_text(), re.MULTILINE))
    internal = {"DJANGO_SETTINGS_MODULE", "EXEMPLA_EMBEDDED_FAST", "PYTHONPATH"}
    assert used - internal == documented


def test_the_checkout_holds_no_file_that_a_test_left_behind() -> None:
    """Names that every file system and every shell takes, which a text that was taken for a path does not make."""
    assert not [path.name for path in ROOT.iterdir() if not re.fullmatch(r"[\w.-]+", path.name, re.ASCII)]


def test_every_command_is_told_and_fails_in_the_same_way() -> None:
    """But for Django's own `migrate`, which has its say about what it does."""
    ours = {name: app for name, app in get_commands().items() if app.startswith("curation.") or app == "annotations"}
    assert ours.pop("migrate") == "curation.core"
    assert len(ours) > 15
    alike = {name: issubclass(type(load_command_class(app, name)), ExemplaCommand) for name, app in ours.items()}
    assert {name for name, is_one in alike.items() if not is_one} == set()


def test_no_signal_is_connected() -> None:
    banned = re.compile(r"models\.signals|django\.dispatch|@receiver|\.connect\(.*sender=")
    assert not [str(path) for path in CODE if banned.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("files", ["benchmarks/bench_*.py", "faults/test_*.py"])
def test_what_the_suite_does_not_run_can_be_imported(files: str) -> None:
    found = sorted((ROOT / "tests").glob(files))
    assert len(found) > 4
    for path in found:
        import_module(f"tests.{path.parent.name}.{path.stem}")
