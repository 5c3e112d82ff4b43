"""Writes docs/reference/mutation.md from what `mutmut run` left in `mutants`: `make mutants` calls it."""

import json
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "mutation.md"
# As mutmut keeps them: the exit code of pytest, of a signal, or its own for a mutant that no test runs.
SURVIVED, UNTESTED = 0, 33
# All changes, those that passed the tests, those that no listed test runs.
Counts = tuple[int, int, int]
HEAD = """# Mutation: what the tests notice

`make mutants` changes the code of the rules in one place at a time ([mutmut](https://mutmut.readthedocs.io)), and runs
the tests that run that place. A change is *noticed* when a test fails or hangs. The others passed the tests, or are run
by none of those that `pyproject.toml` lists. The command writes this page: only files whose run ended are in it, each
with what its last run found. `make mutants ARGS="annotations.rules*"` tries one file and leaves the other rows alone.
Functions with decorators, class bodies, SQL and scripts are never changed.

| file | changes | noticed | passed | run by no listed test | score |
|---|--:|--:|--:|--:|--:|
"""


def results() -> dict[str, Counts]:
    """Return the counts by source file, of the files whose mutants were all tried."""
    found = {}
    for meta in sorted((ROOT / "mutants").rglob("*.py.meta")):
        codes = json.loads(meta.read_text())["exit_code_by_key"].values()
        if codes and None not in codes:
            counts = Counter(codes)
            name = str(meta.relative_to(ROOT / "mutants")).removesuffix(".meta")
            found[name] = (counts.total(), counts[SURVIVED], counts[UNTESTED])
    return found


def kept() -> dict[str, Counts]:
    """Return the counts that the page has, by source file that still exists."""
    rows = re.findall(r"^\| `(.+)` \| (\d+) \| \d+ \| (\d+) \| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    return {
        name: (int(total), int(passed), int(untested))
        for name, total, passed, untested in rows
        if (ROOT / name).exists()
    }


def line(name: str, counts: Counts) -> str:
    """Return one row of the table."""
    total, passed, untested = counts
    noticed = total - passed - untested
    return f"| {name} | {total} | {noticed} | {passed} | {untested} | {100 * noticed / total:.0f}% |\n"


if __name__ == "__main__":
    found = kept() | results()
    rows = [line(f"`{name}`", found[name]) for name in sorted(found)]
    total, passed, untested = (sum(column) for column in zip(*found.values(), strict=True))
    PAGE.write_text(HEAD + "".join(rows) + line("all", (total, passed, untested)), encoding="utf-8")
