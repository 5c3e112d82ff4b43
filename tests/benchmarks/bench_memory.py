"""What `serve` takes of the machine's memory while nobody asks anything of it: all of its processes and servers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.buckets import free_port
from tests.embedded_homes import ROOT, all_processes, eventually, new_home, supervisors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shares of memory are counted on Linux only")
MOST_MEBIBYTES = 600
WITHIN = 300.0
PAGES = 20


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
        found[f"{pid:>8} {listed[pid].args[:70]}"] = int(share[1]) / 1024 if share else 0.0
    return found


def every_queue_is_served(address: str) -> bool:
    """Whether a worker of each queue has taken up a task."""
    return "null" not in requests.get(f"{address}/readyz", timeout=30).text


def test_memory_at_rest(capsys: pytest.CaptureFixture[str]) -> None:
    with new_home() as home, serving(home) as (process, address):
        eventually(lambda: every_queue_is_served(address), WITHIN)
        for _ in range(PAGES):
            assert requests.get(f"{address}/accounts/login/", timeout=30).ok
        found = shares({process, *supervisors(home)})
    total = sum(found.values())
    with capsys.disabled():
        print("\n\nmemory at rest, MiB (PSS)")  # noqa: T201
        print("\n".join(f"{share:8.1f} {name}" for name, share in found.items()))  # noqa: T201
        print(f"{total:8.1f} in all; aim: at most {MOST_MEBIBYTES}")  # noqa: T201
    assert total <= MOST_MEBIBYTES
