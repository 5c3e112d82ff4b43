"""Locks on open files: the kernel drops them when their last holder dies, however it dies."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from curation.core.embedded.account import Account
from curation.core.embedded.files import leave_to_owner_of


def open_lock(path: Path) -> int:
    """Open a lock file; the descriptor is not inherited unless it is passed on by name."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(descriptor).st_uid != path.parent.stat().st_uid:
        leave_to_owner_of(path.parent, path)
    return descriptor


def take(descriptor: int, *, shared: bool = False, seconds: float = 0) -> bool:
    """Try to lock, for so long; say whether it worked."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def let_go(descriptor: int) -> None:
    """Unlock, and keep the file open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock alone.

    The look itself takes the lock, shared and for an instant: whoever wants it alone must try for a little while.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not take(descriptor, shared=True)
    finally:
        os.close(descriptor)


def take_from_holders(path: Path, descriptor: int, account: Account, *, signum: signal.Signals, seconds: float) -> bool:
    """Lock what processes of an account have inherited: they are sent a signal and, after so long, SIGKILL.

    An inherited lock names its holders beyond doubt, which a written process number, reused or half written, does not.
    """
    for sent, patience in ((signum, seconds), (signal.SIGKILL, 5.0)):
        for pid in _holders(path, account):
            try:
                os.kill(pid, sent)
            except ProcessLookupError:
                continue
        if take(descriptor, seconds=patience):
            return True
    return False


def _holders(path: Path, account: Account) -> set[int]:
    """The other processes of an account, ours or one that root acts as, that have this file open."""
    if sys.platform != "linux":
        shown = subprocess.run(["lsof", "-t", "--", str(path)], capture_output=True, text=True, check=False)
        return {int(pid) for pid in shown.stdout.split()} - {os.getpid()}
    wanted = path.stat()
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
