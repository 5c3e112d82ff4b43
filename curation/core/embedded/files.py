"""Private files and directories, and disk errors told in words."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from curation.core.embedded.errors import EmbeddedServiceError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOG_LIMIT = 20_000_000
_LITTLE_ROOM = 16_000_000
_OTHER_HOME = (
    "Set EXEMPLA_HOME to a folder that you may write, or set DATABASE_URL and REDIS_URL to servers of your own."
)


def disk_full(where: Path) -> EmbeddedServiceError:
    """The error for a disk without room."""
    return EmbeddedServiceError(
        f"The disk that holds {where} is full.", "Free some space there, or set EXEMPLA_HOME to a larger disk."
    )


@contextmanager
def disk_errors_explained(where: Path) -> Iterator[None]:
    """Turn the operating system's refusals around `where` into errors that say what to do."""
    try:
        yield
    except EmbeddedServiceError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full(where) from error
        refused = f"{error.filename or where} cannot be used ({error.strerror})."
        raise EmbeddedServiceError(refused, _OTHER_HOME) from error


def prepare_state(home: Path) -> int:
    """Create the home and its state directory when they are missing; give the uid that the state belongs to."""
    state = home / "embedded"
    with disk_errors_explained(home):
        home.mkdir(parents=True, exist_ok=True)
        for folder in (state, home / "logs"):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                leave_to_owner_of(home, folder)
        if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
            raise EmbeddedServiceError(f"{state} belongs to another account (uid {state.stat().st_uid}).", _OTHER_HOME)
        return state.stat().st_uid


def leave_to_owner_of(directory: Path, path: Path) -> None:
    """As root, hand a file that we made to the owner of the directory it lies in.

    An administrator who runs a command in somebody's home must not lock them out of it.
    """
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def own_directory(path: Path, allowed_owners: set[int]) -> None:
    """Create a directory only its owner may enter, or make sure that the one found is such a one.

    In a folder that everybody may write to, somebody else may have put a directory, or a link, of that name first.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in allowed_owners:
        raise EmbeddedServiceError(
            f"{path} was made by another account.", "Remove it, or set EXEMPLA_HOME to a folder with a shorter path."
        )
    path.chmod(0o700)


def write_privately(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    leave_to_owner_of(path.parent, draft)
    draft.replace(path)


def open_log(path: Path) -> IO[bytes]:
    """Open a log for more; one that has grown long is put aside, in the place of the one put aside before."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
    log = path.open("ab")
    leave_to_owner_of(path.parent, path)
    return log


def has_little_room(where: Path) -> bool:
    """Whether a server could have failed there for want of room, whatever it said."""
    return shutil.disk_usage(where).free < _LITTLE_ROOM


def tells_of_full_disk(text: str) -> bool:
    """Whether a server's last words are those of a full disk; PostgreSQL has two ways of putting it."""
    return "No space left on device" in text or "Check free disk space" in text
