"""Computing that gives way to those who wait for a page."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
# As `nice` counts, from where the process is: beside a web process that is as busy, this gets a quarter of a core.
NICENESS = 5


def giving_way(function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
    """Return what `function` returns, computed in a thread that has the processor when nobody else wants it.

    Linux keeps a priority for each thread, and this one ends with the work: a process that lowered its own could not
    raise it again. Elsewhere the work is done at the usual priority. The function must not use the database, whose
    connections belong to threads.
    """
    with ThreadPoolExecutor(max_workers=1, initializer=_step_back) as pool:
        return pool.submit(function, *args, **kwargs).result()


def _step_back() -> None:
    with suppress(OSError, AttributeError):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
