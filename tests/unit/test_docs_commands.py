"""The lines of the docs that start with manage.py are commands that there are, with options that they take."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandError

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^[ |>$`(A-Z0-9_=]*(?:\.venv/bin/python )?manage\.py ([a-z_]+ .*)$", re.MULTILINE)
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def lines() -> list[str]:
    found = {line for page in PAGES for line in LINE.findall(page.read_text(encoding="utf-8"))}
    # What is piped on, and what stands where a number does.
    return sorted(re.split(r" \|\|? | > |`", line)[0].strip() for line in found)


@pytest.mark.parametrize("line", lines())
def test_a_command_of_the_docs_is_one(line: str) -> None:
    name, *given = shlex.split(line.partition(" # ")[0])
    command = load_command_class(get_commands()[name], name)
    try:
        command.create_parser("manage.py", name).parse_args(given)
    except CommandError as error:
        pytest.fail(f"{line}: {error}")
