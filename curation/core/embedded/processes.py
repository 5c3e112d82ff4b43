"""Finding and ending processes, also those of a predecessor that died without a word."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from curation.core.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_GIVE_UP = 127


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: have the kernel send this signal to the child when the thread that started it ends.

    Start such children from the main thread only. Where there is no such service (macOS), orphans are found by
    the lock that they hold, at the next start.
    """
    parent = os.getpid()
    # Loaded here, because between fork and exec nothing may be imported.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def arrange() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(_GIVE_UP)

    return arrange


def holders(file: Path, account: Account) -> set[int]:
    """The other processes of an account, ours or one that root acts as, that have this file open.

    An inherited lock names its holders beyond doubt, which a written process number, reused or half written, does not.
    """
    if sys.platform != "linux":
        shown = subprocess.run(["lsof", "-t", "--", str(file)], capture_output=True, text=True, check=False)
        return {int(pid) for pid in shown.stdout.split()} - {os.getpid()}
    wanted = file.stat()
    # In a container, root may not look into the processes of other accounts; the account itself may.
    with account.acting():
        return {int(pid.name) for pid in Path("/proc").glob("[0-9]*") if _has_open(pid, wanted)} - {os.getpid()}


def _has_open(process: Path, wanted: os.stat_result) -> bool:
    """Whether a process has the file open; it may end, or close files, while we look."""
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return False
    for descriptor in descriptors:
        try:
            if os.path.samestat(descriptor.stat(), wanted):
                return True
        except OSError:
            continue
    return False


def end_holders(
    file: Path, account: Account, are_gone: Callable[[], bool], steps: Sequence[tuple[signal.Signals, float]]
) -> bool:
    """Send each signal, and SIGKILL last, to all that have the file open; say whether they have gone.

    Each signal is given its seconds before the next one.
    """
    for signum, seconds in (*steps, (signal.SIGKILL, 5.0)):
        for pid in holders(file, account):
            try:
                os.kill(pid, signum)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if are_gone():
                return True
            time.sleep(0.02)
    return are_gone()
