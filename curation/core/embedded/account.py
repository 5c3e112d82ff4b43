"""Which account the servers run as."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.core.embedded.errors import EmbeddedServiceError


@dataclass(frozen=True)
class Account:
    """The account of the server processes; `other` when it is not the account of this process."""

    uid: int
    gid: int
    other: bool

    def popen_options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a program as this account."""
        if not self.other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Have the rights of the account for the block, and those of root again after it."""
        if not self.other:
            yield
            return
        os.setegid(self.gid)
        os.seteuid(self.uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)

    def give(self, path: Path) -> None:
        """Let the account own a file or directory of ours."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def give_tree(self, top: Path) -> None:
        """Let the account own all of a directory that came from elsewhere, such as a restored backup."""
        if self.other and top.lstat().st_uid != self.uid:
            for directory, _, names in os.walk(top, topdown=False):
                for path in (directory, *(os.path.join(directory, name) for name in names)):
                    self.give(Path(path))


def own_account() -> Account:
    """The account of this process."""
    return Account(os.geteuid(), os.getegid(), other=False)


def server_account(state_owner: int) -> Account:
    """PostgreSQL refuses to run as root, so root lends it the home's owner or, where root owns that too, `nobody`.

    initdb wants an account with a name, so a bare number, as containers like to have, is no choice.
    """
    if os.geteuid() != 0:
        return own_account()
    entry = _account(state_owner) or _account("nobody")
    if entry is not None:
        return Account(entry.pw_uid, entry.pw_gid, other=True)
    raise EmbeddedServiceError(
        "PostgreSQL does not run as root, and there is no account named nobody to run it as.",
        "Run this as an ordinary user, or set DATABASE_URL and REDIS_URL.",
    )


def _account(who: int | str) -> pwd.struct_passwd | None:
    try:
        entry = pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
    except KeyError:
        return None
    return entry if entry.pw_uid != 0 else None
