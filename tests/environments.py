"""Environments that programs beside the tests run in, which are not that of the project.

Their pins are old, so they stay out of what the project installs: each is in a `requirements.txt` of its own, for
Python 3.11 to 3.13. Run as a program, this installs them where that has not been done, and says so where it cannot be.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("python3.13", "python3.12", "python3.11", "python3")
USABLE = "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"


class NotInstalled(Exception):
    """What a test needs is not on this machine."""


@dataclass(frozen=True)
class Environment:
    """`what` is in it, as a sentence calls it; `folder` is where it lies, and `requirements` what it pins."""

    what: str
    folder: Path
    requirements: Path

    def python(self) -> Path:
        """The interpreter of an environment that has what is pinned. Raises `NotInstalled`."""
        stamp = self.folder / "ready"
        if stamp.is_file() and stamp.read_text() == self._wanted():
            return self.folder / "bin" / "python"
        said = self.folder / "failed"
        why = said.read_text() if said.is_file() else "Run `.venv/bin/python tests/environments.py`, or `make test`."
        raise NotInstalled(f"{self.what} is not installed. {why}")

    def install(self) -> None:
        """Install it, unless that has been done. Raises `NotInstalled` with the reason."""
        try:
            self.python()
            return
        except NotInstalled:
            sys.stderr.write(f"{self.what} is installed into {self.folder.name}; this takes a minute.\n")
        try:
            self._install()
        except NotInstalled as error:
            self.folder.mkdir(exist_ok=True)
            (self.folder / "failed").write_text(str(error))
            raise

    def _install(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in PYTHONS:
            python = shutil.which(name)
            if python and subprocess.run([python, "-c", USABLE], capture_output=True, check=False).returncode == 0:
                run([python, "-m", "venv", str(self.folder)])
                break
        else:
            # It runs on no newer Python than 3.13, and uv brings one along where the network lets it.
            uv = Path(sys.executable).parent / "uv"
            run([str(uv), "venv", "--quiet", "--seed", "--python", "3.13", str(self.folder)])
        options = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps"]
        pip = [str(self.folder / "bin" / "python"), "-m", "pip", "install", "--no-compile", *options]
        run([*pip, "-r", str(self.requirements)])
        (self.folder / "ready").write_text(self._wanted())

    def _wanted(self) -> str:
        return hashlib.sha256(self.requirements.read_bytes()).hexdigest()


ARGILLA = Environment(
    "The Argilla server that tests speak to", ROOT / ".venv-argilla", ROOT / "tests" / "argilla" / "requirements.txt"
)
CLIENTS = Environment(
    "The environment with older clients, polars, DuckDB and dask",
    ROOT / ".venv-clients",
    ROOT / "tests" / "clients" / "requirements.txt",
)
ALL = (ARGILLA, CLIENTS)


def run(command: list[str]) -> None:
    """Run a step of installing. Raises `NotInstalled` with the last that it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NotInstalled(f"{command[0]} cannot be started: {error.strerror}.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"It ended with {done.returncode}."])[-1]
        raise NotInstalled(f"It needs Python 3.11 to 3.13 and a network. {last}")


def main() -> int:
    """Install all; where one fails, the tests go on without in a place that is not CI."""
    failed = False
    for one in ALL:
        try:
            one.install()
        except NotInstalled as error:
            failed = True
            sys.stderr.write(f"{error}\n")
    return 1 if failed and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
