"""One `serve` for each part (web, worker, beat) of a home, and no children of a dead one."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from curation.core.embedded.account import Account
from curation.core.embedded.files import disk_errors_explained
from curation.core.embedded.locks import open_lock, take
from curation.core.embedded.processes import end, holders
from curation.core.serving.guard import PATIENCE

_STOP_STEPS = ((signal.SIGKILL, 5.0),)


class AlreadyServed(Exception):
    """Another `serve` runs in this home; the message says which."""


def become_the_only_one(home: Path, address: str, part: str = "web") -> int:
    """Claim this part of the home for this process; who comes second learns of the address."""
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


def is_still_there(home: Path, part: str = "web") -> bool:
    """Whether the home has not been removed or replaced under our feet: it would lack our claim."""
    return _claim(home, part).exists()


def _claim(home: Path, part: str) -> Path:
    return home / f"serve-{part}.lock"


def outlive_no_children(home: Path, say: Callable[[str], None], part: str = "web") -> int:
    """A lock for the guardian and the children to inherit; those of a killed run are seen off first.

    Its guardian does that. Should the guardian have been killed as well, we find the children by the lock they hold.
    """
    path = home / f"serve-{part}-children.lock"
    lock = open_lock(path)
    if take(lock, seconds=1):
        return lock
    say("waiting for the processes of a run that was killed")
    own = Account(os.geteuid(), os.getegid(), other=False)
    if take(lock, seconds=PATIENCE + 5) or end(lambda: holders(path, own), lambda: take(lock), _STOP_STEPS):
        return lock
    raise AlreadyServed(f"Processes of a former run still hold {path}. End them (`lsof` names them) and try again.")
