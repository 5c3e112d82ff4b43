"""What is freed is no longer held by the process, in a process of its own: it is said to all of it, and for good."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Blocks of many sizes, the largest first, in threads as a build has them, and then none.
HELD = """
import re, threading
import curation.settings
import pyarrow as pa
from curation.core.memory import give_back_large_blocks

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

def use():
    for size in range(32, 1, -2):
        one = pa.array([b"." * 2**20] * size)
        two = bytearray(size * 2**20)
        several = [bytearray(5 * 2**20) for _ in range(size // 4)]

give_back_large_blocks()
# What is loaded stays.
pa.array([b"."])
before = held()
for _ in range(4):
    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
print(held() - before)
"""


# Of many small blocks one stays here and there.
IN_PIECES = """
import re
from curation.core.memory import give_back_small_blocks

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

blocks = [bytearray(4_000) for _ in range(25_000)]
blocks = blocks[::100]
before = held()
give_back_small_blocks()
print(before - held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux is told so")
def test_large_blocks_are_given_back() -> None:
    left = subprocess.run([sys.executable, "-c", HELD], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert float(left) < 8


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux is told so")
def test_what_lies_free_between_blocks_is_given_back() -> None:
    back = subprocess.run(
        [sys.executable, "-c", IN_PIECES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert float(back) > 60
