"""Makes the environment that a real Argilla server runs in, which is not that of the project.

Its pins are old, so they stay out of what the project installs: they are in `requirements.txt` beside this file, for
Python 3.11 to 3.13. Run as a program, this installs them where that has not been done, and says so where it cannot be.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parents[1] / ".venv-argilla"
REQUIREMENTS = HERE / "requirements.txt"
PYTHONS = ("python3.13", "python3.12", "python3.11", "python3")
USABLE = "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"


class NoArgilla(Exception):
    """There is no Argilla server on this machine."""


def python_of_argilla() -> Path:
    """The interpreter of an environment that has what `requirements.txt` pins. Raises `NoArgilla`."""
    stamp = ENVIRONMENT / "ready"
    if stamp.is_file() and stamp.read_text() == _wanted():
        return ENVIRONMENT / "bin" / "python"
    said = ENVIRONMENT / "failed"
    why = (
        said.read_text() if said.is_file() else "Run `.venv/bin/python tests/argilla/install.py` once, or `make test`."
    )
    raise NoArgilla(f"The Argilla server that these tests speak to is not installed. {why}")


def install() -> None:
    """Install the server, unless that has been done. Raises `NoArgilla` with the reason."""
    try:
        python_of_argilla()
        return
    except NoArgilla:
        sys.stderr.write("Installing the Argilla server that tests speak to into .venv-argilla; this takes a minute.\n")
    try:
        _install()
    except NoArgilla as error:
        ENVIRONMENT.mkdir(exist_ok=True)
        (ENVIRONMENT / "failed").write_text(str(error))
        raise


def _install() -> None:
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    for name in PYTHONS:
        python = shutil.which(name)
        if python and subprocess.run([python, "-c", USABLE], capture_output=True, check=False).returncode == 0:
            _run([python, "-m", "venv", str(ENVIRONMENT)])
            break
    else:
        # It runs on no newer Python than 3.13, and uv brings one along where the network lets it.
        uv = Path(sys.executable).parent / "uv"
        _run([str(uv), "venv", "--quiet", "--seed", "--python", "3.13", str(ENVIRONMENT)])
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps", "--no-compile"]
    _run([str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS)])
    (ENVIRONMENT / "ready").write_text(_wanted())


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NoArgilla(f"{command[0]} cannot be started: {error.strerror}.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"It ended with {done.returncode}."])[-1]
        raise NoArgilla(f"It needs Python 3.11 to 3.13 and a network. {last}")


def _wanted() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def main() -> int:
    """Install it; where that fails, the tests go on without in a place that is not CI."""
    try:
        install()
    except NoArgilla as error:
        sys.stderr.write(f"{error}\n")
        return 1 if os.environ.get("CI") else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
