"""Finding and ending processes, also those of a predecessor that died without a word."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
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
    """The other processes that have this file open.

    An inherited lock names its holders beyond doubt, which a written process number, reused or half written, does not.
    """
    if sys.platform != "linux":
        shown = subprocess.run(["lsof", "-t", "--", str(file)], capture_output=True, text=True, check=False)
        return {int(pid) for pid in shown.stdout.split()} - {os.getpid()}
    if not account.other:
        return _linux_holders(file.stat())
    # In a container, root may not look into the processes of other accounts; the account itself may.
    wanted = file.stat()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(account.gid)
            os.setuid(account.uid)
            os.write(theirs, " ".join(map(str, _linux_holders(wanted))).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        found = {int(pid) for pid in answer.read().split()}
    os.waitpid(child, 0)
    return found - {os.getpid()}


def _linux_holders(wanted: os.stat_result) -> set[int]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(_is(descriptor, wanted) for descriptor in (process / "fd").iterdir()):
                found.add(int(process.name))
        except OSError:
            continue
    return found - {os.getpid()}


def _is(descriptor: Path, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(descriptor.stat(), wanted)
    except OSError:
        return False


def command_line(pid: int) -> str:
    """The command line of a process; nothing when there is no such process, or only its remains."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
        except OSError:
            return ""
    return subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()


def end(
    pids: Callable[[], Iterable[int]], are_gone: Callable[[], bool], steps: Iterable[tuple[signal.Signals, float]]
) -> bool:
    """Send each signal in turn and wait that many seconds after it; say whether the processes have gone."""
    for signum, seconds in steps:
        for pid in pids():
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
