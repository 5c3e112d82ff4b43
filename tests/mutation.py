"""Writes docs/reference/mutation.md from what `mutmut run` left in `mutants`: `make mutants` calls it."""

import json
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "mutation.md"
# As mutmut keeps them: the exit code of pytest, of a signal, or its own for a mutant that no test runs.
SURVIVED, UNTESTED = 0, 33
HEAD = """# Mutation: what the tests notice

`make mutants` changes the code of the rules in one place at a time ([mutmut](https://mutmut.readthedocs.io)), and runs
the tests that run that place. A change is *noticed* when a test fails or hangs. The others passed the tests, or are run
by none of those that `pyproject.toml` lists. The command writes this page: only files whose run ended are in it.
Functions with decorators, class bodies, SQL and scripts are never changed.

| file | changes | noticed | passed | run by no listed test | score |
|---|--:|--:|--:|--:|--:|
"""


def results() -> dict[str, Counter[int]]:
    """Return exit codes by source file, of the files whose mutants were all tried."""
    found = {}
    for meta in sorted((ROOT / "mutants").rglob("*.py.meta")):
        codes = json.loads(meta.read_text())["exit_code_by_key"].values()
        if codes and None not in codes:
            found[str(meta.relative_to(ROOT / "mutants")).removesuffix(".meta")] = Counter(codes)
    return found


def line(name: str, codes: Counter[int]) -> str:
    """Return one row of the table."""
    total = sum(codes.values())
    noticed = total - codes[SURVIVED] - codes[UNTESTED]
    share = f"{100 * noticed / total:.0f}%"
    return f"| {name} | {total} | {noticed} | {codes[SURVIVED]} | {codes[UNTESTED]} | {share} |\n"


if __name__ == "__main__":
    tried = results()
    rows = [line(f"`{name}`", codes) for name, codes in tried.items()]
    rows.append(line("all", sum(tried.values(), Counter())))
    PAGE.write_text(HEAD + "".join(rows), encoding="utf-8")
