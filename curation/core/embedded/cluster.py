"""The files of a new PostgreSQL: complete in their place, or not there at all."""

import pwd
import shutil
import subprocess
from pathlib import Path

from curation.core.embedded import binaries
from curation.core.embedded.account import Account
from curation.core.embedded.errors import HomeUnusable, ServerFailed
from curation.core.embedded.files import disk_full, tells_of_full_disk
from curation.core.embedded.server import ENVIRONMENT
from curation.core.embedded.services import DATABASE, USER


def name_of_data(data: Path, account: Account) -> str:
    """What a server that is started inside its data directory is told to call it.

    Root's home may lie where the server's account cannot go; it may stay, though, where root has put it.
    """
    return "/proc/self/cwd" if account.other and Path("/proc/self/cwd").exists() else str(data)


def create_cluster(data: Path, account: Account, password: str, *, fast: bool) -> None:
    """Build the cluster and its database beside their place, and move them in when complete."""
    _insist_on_a_name(account)
    draft, secret = data.with_name("postgres.new"), data.with_name("postgres.secret")
    shutil.rmtree(draft, ignore_errors=True)
    secret.unlink(missing_ok=True)
    try:
        draft.mkdir(mode=0o700)
        account.give(draft)
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="ascii")
        account.give(secret)
        _fill(draft, account, fast=fast)
        try:
            draft.rename(data)
        except OSError as error:
            raise HomeUnusable(f"{data} is not a database, yet not empty.", "Move it away.") from error
    finally:
        secret.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)


def _fill(draft: Path, account: Account, *, fast: bool) -> None:
    program, where = binaries.runnable(binaries.postgres(), account), name_of_data(draft, account)
    initdb = [str(program.with_name("initdb")), "-D", where, "-U", USER, "--pwfile=../postgres.secret"]
    initdb += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
    # PostgreSQL's own rules, so that text sorts and folds the same on every system.
    initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(initdb + (["--no-sync"] if fast else []), draft, account)
    _run([str(program), "--single", "-D", where, "postgres"], draft, account, f"CREATE DATABASE {DATABASE}\n")


def _run(command: list[str], where: Path, account: Account, text: str = "") -> None:
    done = subprocess.run(
        command,
        cwd=where,
        env=ENVIRONMENT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        **account.popen_options(),
    )
    if done.returncode and tells_of_full_disk(done.stderr):
        raise disk_full(where.parent)
    if done.returncode:
        said = done.stderr.strip()[-600:]
        raise ServerFailed(f"The database could not be created: {said}", "Mend that, or set DATABASE_URL.")


def _insist_on_a_name(account: Account) -> None:
    try:
        pwd.getpwuid(account.uid)
    except KeyError as error:
        raise HomeUnusable(
            f"PostgreSQL wants an account with a name, and uid {account.uid} has none.",
            "Give it an entry in /etc/passwd, or set DATABASE_URL.",
        ) from error
