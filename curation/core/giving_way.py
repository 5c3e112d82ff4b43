"""Work that gives way to those who wait for a page."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
# As `nice` counts, from where the process is. Where Linux shares the processor among sessions first, it counts within
# the session alone, so that workers also `step_back` as a whole.
NICENESS = 5
# How long the database has rest, as a multiple of what a piece of work has taken, and at most in seconds.
REST, LONGEST_REST = 3.0, 5.0
# Linux lets all sessions together change their priority ten times a second, unless root does.
TRIED_AGAIN, TRIES = 0.11, 20


def giving_way(function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
    """Return what `function` returns, computed in a thread that has the processor when nobody else wants it.

    Linux keeps a priority for each thread, and this one ends with the work: a process that lowered its own could not
    raise it again. Elsewhere the work is done at the usual priority. The function must not use the database, whose
    connections belong to threads.
    """
    with ThreadPoolExecutor(max_workers=1, initializer=_thread_steps_back) as pool:
        return pool.submit(function, *args, **kwargs).result()


def step_back(niceness: int) -> None:
    """Have this process, and those that it starts, get less of the processor than others who want it; for good.

    Where Linux shares the processor among sessions first, a priority counts within one alone, and the session of this
    process has one of its own. `niceness` counts as that of `nice`, from where the process is; 0 changes nothing.
    """
    if not niceness:
        return
    os.nice(niceness)
    for _ in range(TRIES):
        try:
            _session_steps_back("self", niceness)
        except BlockingIOError:
            time.sleep(TRIED_AGAIN)
        except PermissionError:
            return
        else:
            return


def database_steps_back(connection: "BaseDatabaseWrapper") -> bool:
    """Have the process that serves this connection step back as far as ours has; return whether it has.

    PostgreSQL has no priorities, but each of its connections has a process and a session of its own. Those of the
    embedded server are on this machine and obey us. False where they do not, and where we have not stepped back.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    # Those who wait for a page ask nothing more.
    if niceness <= 0 or (server := _on_this_machine(connection)) is None:
        return False
    try:
        if os.getpriority(os.PRIO_PROCESS, server) < niceness:
            _session_steps_back(str(server), niceness)
            os.setpriority(os.PRIO_PROCESS, server, niceness)
    except OSError:
        # It is another account's, or others have just changed theirs: the next one that is opened is asked again.
        return False
    return True


def give_rest(seconds: float, connection: "BaseDatabaseWrapper") -> None:
    """Leave the database to others for a while, after work in it that took so long and that nobody waits for.

    One that computes without pause takes a core from those who wait for a page, unless it steps back.
    """
    if not database_steps_back(connection):
        time.sleep(min(LONGEST_REST, REST * seconds))


def _on_this_machine(connection: "BaseDatabaseWrapper") -> int | None:
    """Return the number of the process that serves the connection, None where it is not to be found here."""
    if not str(connection.settings_dict["HOST"]).startswith("/") or connection.connection is None:
        return None
    number = int(connection.connection.info.backend_pid)
    with suppress(OSError):
        # A socket can lead into a container, which counts processes in its own way.
        if Path(f"/proc/{number}/comm").read_text().strip() == "postgres":
            return number
    return None


def _session_steps_back(process: str, niceness: int) -> None:
    """Set the priority of a process's session. `BlockingIOError` where others have just changed theirs."""
    with suppress(FileNotFoundError):
        Path(f"/proc/{process}/autogroup").write_text(str(niceness))


def _thread_steps_back() -> None:
    with suppress(OSError, AttributeError):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
