"""What `serve` takes of the machine's memory: all of it at rest, and its web part while people review.

A process counts with its proportional share (PSS): what several have in common is divided among them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.benchmarks.bench_review_cycles import all_at_once
from tests.benchmarks.reader import Reader
from tests.benchmarks.report import tell
from tests.benchmarks.served import serving as serving_web
from tests.buckets import free_port
from tests.embedded_homes import ROOT, all_processes, eventually, new_home, supervisors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shares of memory are counted on Linux only")
MOST_MEBIBYTES = 600
WITHIN = 300.0
LARGEST = 12
PAGES = 20
FOLDERS = re.compile(r"\S*/(?=\S)")
# Cycles of review after which the web part is looked at, by so many people; what it takes at the first is warm.
CROWD, LOOKED_AT = 16, (2_000, 8_000, 14_000, 20_000)
MOST_GROWTH = 1.1


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, str]]:
    """Run `serve`; yields its process and its address."""
    port, said = free_port(), home.with_name("said")
    env = {**os.environ, "EXEMPLA_HOME": str(home), "PORT": str(port), "DJANGO_SETTINGS_MODULE": "curation.settings"}
    with said.open("wb") as output:
        command = [sys.executable, "manage.py", "serve", "--no-demo"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        eventually(lambda: "Exempla is running" in said.read_text() or process.poll() is not None, WITHIN)
        assert process.poll() is None, said.read_text()
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=WITHIN)


def shares(ancestors: set[int]) -> dict[str, float]:
    """Each process's proportional share of memory (PSS) in MiB, of the ancestors and all that they started."""
    listed = {process.pid: process for process in all_processes()}
    family, found = set(ancestors), {}
    while more := {process.pid for process in listed.values() if process.parent in family} - family:
        family |= more
    for pid in sorted(family):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            # It has ended since it was listed.
            continue
        share = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        # Where this machine has its files is nobody's matter.
        found[f"{pid:>8} {FOLDERS.sub('', listed[pid].args)[:70]}"] = int(share[1]) / 1024 if share else 0.0
    return found


def every_queue_is_served(address: str) -> bool:
    """Whether a worker of each queue has taken up a task."""
    return "null" not in requests.get(f"{address}/readyz", timeout=30).text


def test_memory_at_rest(capsys: pytest.CaptureFixture[str]) -> None:
    """What all of `serve` takes while nobody asks anything of it: web, workers, beat, PostgreSQL and Redis.

    Each queue's worker has taken up a task by then, and the sign-in page has been shown.

    *Planted*: Arrow, SciPy, scikit-learn and both providers' libraries loaded by all workers as they start, 750 MiB.
    """
    with new_home() as home, serving(home) as (process, address):
        eventually(lambda: every_queue_is_served(address), WITHIN)
        for _ in range(PAGES):
            assert requests.get(f"{address}/accounts/login/", timeout=30).ok
        found = shares({process, *supervisors(home)})
    total = sum(found.values())
    largest = sorted(found.items(), key=lambda pair: -pair[1])[:LARGEST]
    lines = [f"{'MiB (PSS)':>10}"]
    lines += [f"{share:>10.1f}  {name.split(maxsplit=1)[1]}" for name, share in largest]
    lines.append(f"{total - sum(share for _name, share in largest):>10.1f}  {len(found) - len(largest)} others")
    lines.append(f"{total:>10.1f}  in all (at most {MOST_MEBIBYTES})")
    tell(capsys, "Memory at rest", str(test_memory_at_rest.__doc__), lines)
    assert total <= MOST_MEBIBYTES


@pytest.mark.by_name("cycles", 5)
def test_memory_of_the_web_part_over_many_cycles(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the web part takes more memory the longer people review: sixteen at once, over 20,000 reviews."""
    with serving_web() as served:
        told = served.fill(LOOKED_AT[-1], CROWD)
        readers = [Reader(served.port, name, told["queue"]) for name in told["readers"]]
        found, done = {}, 0
        for cycles in LOOKED_AT:
            all_at_once(readers, (cycles - done) // CROWD)
            found[cycles], done = sum(shares({served.process.pid}).values()), cycles
        for reader in readers:
            reader.close()
    first, *later = found.values()
    lines = [
        f"{'reviews':>10}{'MiB (PSS)':>12}",
        *(f"{cycles:>10,}{share:>12.1f}" for cycles, share in found.items()),
        f"grows {max(later) / first:.2f} times after the first {LOOKED_AT[0]:,} (at most {MOST_GROWTH})",
    ]
    tell(capsys, "Memory while people review", str(test_memory_of_the_web_part_over_many_cycles.__doc__), lines)
    assert max(later) <= MOST_GROWTH * first
