"""Starting the supervisor of a home, exactly one, from any number of processes at once."""

import os
import select
import subprocess
import sys
from pathlib import Path

from curation.core.embedded.errors import HomeUnusable, NotReadyInTime, ServerFailed
from curation.core.embedded.files import disk_errors_explained, open_log
from curation.core.embedded.locks import alone, is_held
from curation.core.embedded.places import Places

_DAEMON = Path(__file__).with_name("daemon.py")
_PATIENCE = 20.0


def is_supervised(places: Places) -> bool:
    """Whether a supervisor of this home is alive and its word can be trusted."""
    return is_held(places.alive_lock)


def start_supervisor(places: Places, *, fast: bool) -> None:
    """Start the supervisor if there is none; return when it is alive, or when somebody else is at it."""
    with disk_errors_explained(places.home), alone(places.starter_lock) as ours:
        if ours and not is_supervised(places):
            _start(places, fast=fast)


def _start(places: Places, *, fast: bool) -> None:
    ours, theirs = os.pipe()
    log = places.log("supervisor")
    command = [sys.executable, "-P", str(_DAEMON), str(places.home), str(theirs), *(["--fast"] if fast else [])]
    try:
        with open_log(log) as output:
            started = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=[theirs], start_new_session=True, check=False,
            )  # fmt: skip
        os.close(theirs)
        theirs = -1
        if started.returncode:
            raise ServerFailed("The supervisor of the embedded services did not start.", f"See {log}.")
        if not select.select([ours], [], [], _PATIENCE)[0]:
            raise NotReadyInTime("The supervisor of the embedded services keeps silent.", f"See {log}.")
        word = os.read(ours, 4096).decode()
    finally:
        for descriptor in (ours, theirs):
            if descriptor >= 0:
                os.close(descriptor)
    problem, _, remedy = word.partition("\n")
    if remedy:
        raise HomeUnusable(problem, remedy)
