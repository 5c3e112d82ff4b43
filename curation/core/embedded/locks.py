"""Locks on open files: the kernel drops them when their last holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path

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
