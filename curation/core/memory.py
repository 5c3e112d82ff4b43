"""Giving memory back. That Arrow has its own from the C library, `curation.settings` says."""

import ctypes
import sys
from contextlib import suppress
from functools import cache

# Of glibc's `mallopt`: from how many bytes on a block is had from the system and given back to it by itself, and how
# many free bytes at the end of the heap are kept.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -3, -1
LARGE, KEPT = 1024 * 1024, 2 * 1024 * 1024


@cache
def give_back_large_blocks() -> None:
    """Have this process give large blocks back to the system as soon as they are free; for good.

    Of its own accord glibc keeps more of them the larger they were. Another C library has another way.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            tell = ctypes.CDLL(None).mallopt
            tell(M_MMAP_THRESHOLD, LARGE)
            tell(M_TRIM_THRESHOLD, KEPT)


def give_back_small_blocks() -> None:
    """Give back to the system what lies free between blocks that are in use, as long work leaves it behind."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
