"""Work that gives way to those who wait for a page."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
# As `nice` counts, from where the process is. Where Linux shares the processor among sessions first, it counts within
# the session alone, so that workers also `step_back` as a whole.
NICENESS = 5
# How long the database has rest, as a multiple of what a piece of work has taken, and at most in seconds.
REST, LONGEST_REST = 3.0, 5.0


def giving_way(function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
    """Return what `function` returns, computed in a thread that has the processor when nobody else wants it.

    Linux keeps a priority for each thread, and this one ends with the work: a process that lowered its own could not
    raise it again. Elsewhere the work is done at the usual priority. The function must not use the database, whose
    connections belong to threads.
    """
    with ThreadPoolExecutor(max_workers=1, initializer=_step_back) as pool:
        return pool.submit(function, *args, **kwargs).result()


def step_back(niceness: int) -> None:
    """Have this process, and those that it starts, get less of the processor than others who want it; for good.

    Where Linux shares the processor among sessions first, a priority counts within one alone, and the session of this
    process has one of its own. `niceness` counts as that of `nice`, from where the process is; 0 changes nothing.
    """
    if not niceness:
        return
    os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))


def give_rest(seconds: float) -> None:
    """Leave the database to others for a while, after work in it that took so long and that nobody waits for.

    It has no priorities, so one that computes without pause takes a core from those who wait for a page.
    """
    time.sleep(min(LONGEST_REST, REST * seconds))


def _step_back() -> None:
    with suppress(OSError, AttributeError):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
