"""Finds the Chromium that the browser tests drive. Run as a program, it says which, and installs one where it may."""

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

# The first has no window to draw, which takes a third off the processor time of a page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = (
    "The browser tests need a Chromium, and none was found. Install one (on Debian: apt-get install chromium), "
    "or run: .venv/bin/python -m playwright install chromium"
)


class NoChromium(Exception):
    """There is no Chromium on this machine."""


def find_chromium() -> str:
    """The path of a Chromium that starts: one on PATH, else the one that Playwright brought."""
    if path := _found():
        return path
    raise NoChromium(ADVICE)


def main() -> int:
    """Say which Chromium the tests will use; install Debian's if there is none and this is root's to do."""
    if not _found() and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write("The browser tests need a Chromium and there is none: installing Debian's.\n")
        _install()
    try:
        sys.stderr.write(f"The browser tests use {find_chromium()}.\n")
    except NoChromium as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _found() -> str | None:
    for find in (*(partial(shutil.which, name) for name in NAMES), _playwrights_own):
        path = find()
        if path and _starts(path):
            return path
    return None


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _starts(program: str) -> bool:
    """Ubuntu's chromium-browser, for one, may be a script that only says where to get the real one."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _install() -> None:
    """Install the smaller one where Debian has it, else the whole."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "update"], env=quiet, stdout=sys.stderr, check=False)
    for package in NAMES[:2]:
        install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", package]
        if subprocess.run(install, env=quiet, stdout=sys.stderr, check=False).returncode == 0:
            return


if __name__ == "__main__":
    sys.exit(main())
