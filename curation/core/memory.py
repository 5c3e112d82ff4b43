"""Giving memory back."""

import ctypes
import sys
from contextlib import suppress
from functools import cache

import pyarrow as pa

# Of glibc's `mallopt`: from how many bytes on a block is had from the system and given back to it by itself, and how
# many free bytes at the end of the heap are kept.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -3, -1
LARGE, KEPT = 4 * 1024 * 1024, 8 * 1024 * 1024


@cache
def give_back_what_is_freed() -> None:
    """Have this process give large blocks back to the system as soon as they are free; for good.

    Of its own accord glibc keeps more of them the larger they were, and Arrow's allocator those of each thread. Arrow
    has its memory from the C library then, everywhere; glibc alone is told to keep less.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform == "linux":
        # Another C library has another way.
        with suppress(AttributeError):
            tell = ctypes.CDLL(None).mallopt
            tell(M_MMAP_THRESHOLD, LARGE)
            tell(M_TRIM_THRESHOLD, KEPT)
