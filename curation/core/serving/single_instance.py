"""One `serve` for each part (web, worker, beat) of a home, and no processes of a dead one."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from curation.core.embedded.account import own_account
from curation.core.embedded.files import disk_errors_explained
from curation.core.embedded.locks import open_lock, take, take_from_holders

# Seconds that the processes of a killed `serve` have to save what was paid for, before the next one ends them.
PATIENCE = 20.0


class AlreadyServed(Exception):
    """Another `serve` runs in this home; the message says which."""


def claim(home: Path, address: str, part: str = "web") -> int:
    """Claim this part of the home for this process, as long as the lock is open; who comes second gets the address."""
    with disk_errors_explained(home):
        (home / "logs").mkdir(parents=True, exist_ok=True)
    path = _claim(home, part)
    lock = open_lock(path)
    if not take(lock, seconds=0.2):
        holder = path.read_text(encoding="utf-8").strip() or "another process"
        raise AlreadyServed(
            f"{home} is already served by {holder}. Stop that one, or set EXEMPLA_HOME to another folder."
        )
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()} on {address}\n".encode(), 0)
    return lock


def is_claimed(home: Path, part: str = "web") -> bool:
    """Whether the home has been neither removed nor replaced since: it would lack our claim."""
    return _claim(home, part).exists()


def _claim(home: Path, part: str) -> Path:
    return home / f"serve-{part}.lock"


def lock_for_children(home: Path, say: Callable[[str], None], part: str = "web") -> int:
    """A lock for the children of `serve` to inherit, taken once those of a killed run have gone.

    Linux has asked them to end when their parent was killed. Elsewhere we do, by the lock that they hold.
    """
    path = home / f"serve-{part}-children.lock"
    lock = open_lock(path)
    if take(lock, seconds=1):
        return lock
    say("waiting for the processes of a run that was killed")
    # Celery, asked twice, can hang for good.
    asked = sys.platform == "linux"
    if asked and take(lock, seconds=PATIENCE):
        return lock
    signum = signal.SIGKILL if asked else signal.SIGTERM
    if take_from_holders(path, lock, own_account(), signum=signum, seconds=PATIENCE):
        return lock
    raise AlreadyServed(f"Processes of a former run still hold {path}. End them (`lsof` names them) and try again.")
