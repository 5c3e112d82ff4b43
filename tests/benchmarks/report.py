"""Where figures go: to the screen, and to a section of docs/reference/performance.md."""

import os
import re
from datetime import UTC, datetime
from inspect import cleandoc
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "performance.md"
HEAD = """# Performance: how long things take

`make bench` writes this page: a section is what the last run of that benchmark found, on the machine and at the time
that it names. A time is worth what the machine was worth; what is asserted is the ratio to a reference that was
measured in the same run. *Planted* says what was made slower to see an assertion fail, and the value it failed with.

    make bench                      # all but those that say that they take long, on PostgreSQL with fsync
    make bench ARGS="-k release"    # the benchmarks whose names match
    make bench ARGS=-rs             # and which take long, and how they are run
"""


def tell(capsys: pytest.CaptureFixture[str], title: str, about: str, lines: list[str]) -> None:
    """Print `lines`, which are figures in columns, and write them into the section `title` of the page.

    `about` is what the section says before them, usually the docstring of the benchmark.
    """
    text = "\n".join(lines).strip("\n")
    with capsys.disabled():
        print(f"\n\n{text}")  # noqa: T201
    where = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end:"
    page = PAGE.read_text("utf-8") if PAGE.exists() else ""
    sections = dict(re.findall(r"^## (.+)\n\n((?:.|\n)*?)(?=^## |\Z)", page, re.MULTILINE))
    sections[title] = f"{cleandoc(about)}\n\n{where}\n\n```text\n{text}\n```\n\n"
    written = "".join(f"\n## {name}\n\n{sections[name].strip()}\n" for name in sorted(sections))
    PAGE.write_text(HEAD + written, encoding="utf-8")
