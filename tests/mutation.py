"""Changes the code of the rooms that decide and publish, one place at a time, and writes down which changes no test
notices: `make mutants` runs this, docs/reference/mutation.md is what it wrote.

Each room is tried by mutmut in a folder of its own (`mutants/ROOM`), against the tests of that room only.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "mutation.md"
WORK = ROOT / "mutants"
UNIT, WHOLE = "tests/unit/test_", "tests/integration/test_"

# By room: the files that are changed, and the tests they are tried against. Tests that read the sources as text are
# left out: they would find the changes in them.
ROOMS = {
    "rules": (
        [
            "annotations/counting.py",
            "annotations/rules.py",
            "annotations/schema.py",
            "curation/core/spans.py",
            "annotations/visibility.py",
            "curation/core/statistics.py",
            "curation/releases/licences.py",
            "curation/releases/manifest.py",
            "curation/releases/names.py",
            "curation/releases/splits.py",
            "curation/releases/tiers.py",
            "curation/releases/versions.py",
            "curation/stories/licence_names.py",
        ],
        [
            *(f"{UNIT}annotations_{name}.py" for name in ("counting", "rules", "schema", "visibility")),
            f"{UNIT}core_spans.py",
            *(f"{UNIT}core_{name}.py" for name in ("statistics", "statistics_formulas")),
            *(
                f"{UNIT}releases_{name}.py"
                for name in ("archive", "manifest", "parquet", "rules", "splits", "versions")
            ),
        ],
    ),
    "reviewing": (
        ["annotations/actions/*.py", "annotations/queries/*.py"],
        [
            *(f"{WHOLE}{name}.py" for name in ("annotations_*", "people", "review_pages")),
            *(f"{UNIT}annotations_{name}.py" for name in ("figures", "forms", "practising", "visibility")),
        ],
    ),
    "scoring": (["curation/scoring/actions/*.py"], [f"{WHOLE}scoring_*.py"]),
    "calibration": (
        ["curation/calibration/actions/*.py", "curation/calibration/fit/*.py", "curation/calibration/queries/*.py"],
        [
            *(f"{WHOLE}{name}.py" for name in ("calibration*", "judge_*", "scoring_pages")),
            f"{UNIT}calibration_*.py",
            *(f"{UNIT}judge_{name}.py" for name in ("figures", "statistics")),
        ],
    ),
    "importing": (
        [
            "curation/stories/cells.py",
            "curation/stories/chats.py",
            "curation/stories/columns.py",
            "curation/stories/dedupe.py",
            "curation/stories/languages.py",
            "curation/stories/mapping.py",
            "curation/stories/text.py",
            "curation/stories/text_checks.py",
            "curation/stories/readers/*.py",
        ],
        [f"{UNIT}stories_*.py"],
    ),
    "releases": (
        [
            "curation/releases/actions/*.py",
            "curation/releases/queries/*.py",
            "curation/releases/assemble.py",
            "curation/releases/diff/*.py",
            "curation/releases/parts.py",
            "curation/releases/rating_figures.py",
            "curation/releases/selecting.py",
            "curation/releases/shipped/*.py",
            "curation/releases/tables.py",
            "curation/releases/verify.py",
        ],
        [f"{WHOLE}bucket_files.py", f"{WHOLE}releases_*.py", f"{UNIT}releases_*.py"],
    ),
}

# As mutmut keeps them: the exit code of pytest, of a signal, or its own for a change that no test runs.
SURVIVED, UNTESTED = 0, 33

HEAD = """# Mutation: what the tests notice

`make mutants` changes the code of the rooms that decide and publish in one place at a time
([mutmut](https://mutmut.readthedocs.io)), and runs the tests of the room that run that place. A change is *noticed*
when a test fails or hangs. The others passed the tests, or are run by none of the room's tests. The command writes this
page: each row is what the last run of that file found. Where only a random sample of a room was tried, scores have
their 95% interval (Wilson's). Functions with decorators, values of modules and classes, SQL and scripts are never
changed: about one in ten of the changes that mutmut knows lies there.

Scores are of the code as it was when each file was last run, and say nothing of what was written since. Some of that,
and templates, which the tool never changes, was tried by hand: 215 changes such as people make by mistake (a filter or
a check dropped, a comparison off by one, a branch turned round), each against the tests that should notice. 113 were
noticed at first, and 200 once tests were written. Nine changed nothing that anybody could see, and the code is simpler
there now. Six passed: waking a worker that comes by itself within seconds; the order of equal numbers, and what is
nearly nought, in statistics; the agreement of a version whose rubric changed between asking and freezing; the licence
of a version that waits for approval; and a name that is taken already, asked for as a correction. Neither all SQL nor
the scripts were tried.

    make mutants                                   # everything: many hours
    make mutants ARGS="rules"                      # one room: {rooms}
    make mutants ARGS="scoring --sample 80"        # 80 changes of it, the same ones for the same --seed
    make mutants ARGS="rules --only '*splits*'"    # the changes whose names match

The changes that passed are printed at the end, and stay in `mutants/ROOM` (`mutmut show NAME` there).

| file | changes | tried | noticed | passed | run by no test | score |
|---|--:|--:|--:|--:|--:|--:|
"""


class Counts(NamedTuple):
    """How many changes a file has, how many were tried, and of those how many passed or were run by no test."""

    total: int
    tried: int
    passed: int
    untested: int


def prepare(room: str) -> Path:
    """Make the room's folder: the project, by links, with mutmut's settings for this room."""
    sources, tests = ROOMS[room]
    folder = WORK / room
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("annotations", "curation", "docs", "manage.py", "templates", "tests"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    chosen = [str(path.relative_to(ROOT)) for pattern in tests for path in sorted(ROOT.glob(pattern))]
    settings = {
        "source_paths": ["curation", "annotations"],
        "only_mutate": sources,
        "also_copy": ["templates", "manage.py", "docs"],
        "pytest_add_cli_args_test_selection": chosen,
        "pytest_add_cli_args": ["--reuse-db", "--hypothesis-seed=0", "--hypothesis-profile=first"],
        # Each change runs in a child of a process that has opened no connection yet.
        "process_isolation": "forkserver",
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
    (folder / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text("utf-8") + "\n[tool.mutmut]\n" + "".join(lines), encoding="utf-8"
    )
    return folder


def files(room: str) -> list[str]:
    """Return the source files of a room."""
    return sorted(str(path.relative_to(ROOT)) for pattern in ROOMS[room][0] for path in ROOT.glob(pattern))


def changes(room: str) -> list[str]:
    """Return the names of all changes of a room, as mutmut gives them. The room's folder must be the current one."""
    return [
        get_mutant_name(Path(path), name)
        for path in files(room)
        for name in mutate_file_contents(path, (ROOT / path).read_text("utf-8")).mutant_names
    ]


def run(room: str, *, only: str, sample: int, seed: int) -> list[str]:
    """Try a room's changes, or a sample of them; return those that passed. Raises when mutmut itself fails."""
    folder = prepare(room)
    os.chdir(folder)
    names = [only] if only else []
    if sample:
        every = changes(room)
        # Random numbers that are the same in every run, and guard nothing.
        names = random.Random(seed).sample(every, min(sample, len(every)))  # noqa: S311
    home = os.environ | {"EXEMPLA_HOME": os.environ.get("EXEMPLA_HOME", str(WORK / "var"))}
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names], env=home, check=True)
    return [
        name
        for meta in sorted((folder / "mutants").rglob("*.py.meta"))
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items()
        if code in (SURVIVED, UNTESTED)
    ]


def results() -> dict[str, Counts]:
    """Return the counts by source file, of the files of which a change was tried."""
    found = {}
    for room in ROOMS:
        tree = WORK / room / "mutants"
        for meta in sorted(tree.rglob("*.py.meta")):
            codes = Counter(json.loads(meta.read_text())["exit_code_by_key"].values())
            tried = codes.total() - codes[None]
            if tried:
                name = str(meta.relative_to(tree)).removesuffix(".meta")
                found[name] = Counts(codes.total(), tried, codes[SURVIVED], codes[UNTESTED])
    return found


def kept() -> dict[str, Counts]:
    """Return the counts that the page has, by source file that still exists."""
    rows = re.findall(
        r"^\| `(.+)` \| (\d+) \| (\d+) \| \d+ \| (\d+) \| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return {name: Counts(*map(int, counts)) for name, *counts in rows if (ROOT / name).exists()}


def line(name: str, counts: Counts) -> str:
    """Return one row of the table."""
    noticed = counts.tried - counts.passed - counts.untested
    score = f"{100 * noticed / counts.tried:.0f}%"
    if counts.tried < counts.total:
        low, high = wilson(noticed, counts.tried)
        score += f" ({100 * low:.0f} to {100 * high:.0f})"
    return f"| {name} | {counts.total} | {counts.tried} | {noticed} | {counts.passed} | {counts.untested} | {score} |\n"


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95% score interval of a share of `hits` in `of` (Wilson 1927)."""
    share = hits / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, centre - half), min(1.0, centre + half)


def write_page() -> None:
    """Write the page from what it has and what the runs left: each room, and below it its files."""
    found, rows = kept() | results(), []
    for room in ROOMS:
        names = [name for name in files(room) if name in found]
        if names:
            rows.append(line(f"**{room}**", Counts(*map(sum, zip(*(found[name] for name in names), strict=True)))))
            rows += [line(f"`{name}`", found[name]) for name in names]
    PAGE.write_text(HEAD.replace("{rooms}", ", ".join(ROOMS)) + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Change the code in many places, and see what the tests notice.")
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], default=list(ROOMS), metavar="ROOM")
    parser.add_argument("--sample", type=int, default=0, help="try this many changes of each room, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="which ones --sample chooses")
    parser.add_argument("--only", default="", help="try the changes whose names match, as in annotations.rules*")
    options = parser.parse_args()
    for room in options.rooms:
        passed = run(room, only=options.only, sample=options.sample, seed=options.seed)
        for name in passed:
            subprocess.run([sys.executable, "-m", "mutmut", "show", name], check=True)
    write_page()
