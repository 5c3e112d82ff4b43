"""`make setup` on a fresh machine: what the lock files name is installed, whatever else the index offers."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def pythons() -> list[str]:
    """Of the Pythons that Exempla supports, on PATH or among pyenv's, one for each pip that comes with them."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found: dict[str, str] = {}
    for version in VERSIONS:
        candidates = [*pyenv.glob(f"{version}.*/bin/python{version}"), shutil.which(f"python{version}")]
        for python in map(str, filter(None, candidates)):
            asked = [python, "-c", "import ensurepip, venv; print(ensurepip.version())"]
            told = subprocess.run(asked, capture_output=True, text=True)
            if not told.returncode:
                found.setdefault(told.stdout, python)
    return list(found.values()) or [sys.executable]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


def wheel(folder: Path, name: str, version: str, *requires: str, extras: tuple[str, ...] = ()) -> str:
    """Make a wheel with nothing in it, in the index at `folder`; returns its line of a lock file."""
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Provides-Extra: {extra}" for extra in extras] + [f"Requires-Dist: {line}" for line in requires]
    files = {
        "METADATA": "\n".join(metadata) + "\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    path = folder / name / f"{name}-{version}-py3-none-any.whl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            place = f"{name}-{version}.dist-info/{file}"
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{place},sha256={digest},{len(text)}\n"
            archive.writestr(place, text)
        archive.writestr(f"{name}-{version}.dist-info/RECORD", f"{record}{name}-{version}.dist-info/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """An index that has a newer version of everything, its address, and the lock files of the older ones."""
    folder = tmp_path / "index"
    base = wheel(folder, "sampler", "1.0", 'sampleextra; extra == "toml"', extras=("toml",))
    extra = wheel(folder, "sampleextra", "1.0")
    user = wheel(folder, "sampleuser", "1.0", "sampler[toml]>=1.0")
    wheel(folder, "sampler", "2.0", 'sampleextra; extra == "toml"', extras=("toml",))
    wheel(folder, "sampleextra", "2.0")
    wheel(folder, "sampleuser", "2.0", "sampler[toml]>=2.0")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield (
        f"http://127.0.0.1:{server.server_port}/",
        {
            "requirements.txt": extra,
            "requirements-dev.txt": base + extra + user,
        },
    )
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("python", pythons())
def test_a_newer_version_of_everything_on_the_index_does_not_stop_an_installation(
    python: str, index: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    address, locks = index
    home, search = tmp_path / "a checkout", tmp_path / "bin"
    for folder in (home, search):
        folder.mkdir()
    shutil.copy(ROOT / "Makefile", home)
    for name, lines in locks.items():
        (home / name).write_text(lines)
    (search / "python3").symlink_to(python)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE"))}
    kept |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": address, "PIP_NO_CACHE_DIR": "1"}
    kept["PATH"] = f"{search}:{os.environ['PATH']}"

    made = subprocess.run(["make", ".venv/ready-dev"], cwd=home, env=kept, capture_output=True, text=True)

    assert made.returncode == 0, made.stderr
    installed = {path.name for path in home.glob(".venv/lib/python*/site-packages/sample*.dist-info")}
    assert installed == {f"{name}-1.0.dist-info" for name in ("sampler", "sampleextra", "sampleuser")}


def test_the_lock_files_hold_everything_that_is_needed() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
