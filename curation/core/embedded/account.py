"""Which account the servers run as."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.core.embedded.errors import HomeUnusable


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

    def give(self, path: Path) -> None:
        """Let the account own a file or directory of ours."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def give_tree(self, top: Path) -> None:
        """Let the account own all of a directory that came from elsewhere, such as a restored backup."""
        if not self.other or top.lstat().st_uid == self.uid:
            return
        for directory, _, names in os.walk(top):
            for name in names:
                self.give(Path(directory, name))
            self.give(Path(directory))


def server_account(state_owner: int) -> Account:
    """PostgreSQL refuses to run as root, so root lends it the home's owner or, where root owns that too, `nobody`.

    initdb wants an account with a name, so a bare number, as containers like to have, is no choice.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), other=False)
    entry = _account(state_owner) or _account("nobody")
    if entry is not None:
        return Account(entry.pw_uid, entry.pw_gid, other=True)
    raise HomeUnusable(
        "PostgreSQL does not run as root, and there is no account named nobody to run it as.",
        "Run this as an ordinary user, or set DATABASE_URL and REDIS_URL.",
    )


def _account(who: int | str) -> pwd.struct_passwd | None:
    try:
        entry = pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
    except KeyError:
        return None
    return entry if entry.pw_uid != 0 else None
