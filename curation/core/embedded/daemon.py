"""Becomes the supervisor of a home: `python daemon.py HOME REPORT_FD [--fast]`."""

import os
import signal
import sys
import traceback
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Detach, supervise, and tell the starter through the pipe: `alive`, or what is wrong."""
    home, report = Path(arguments[0]), int(arguments[1])
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o077)
    # The starter waits for the first of the two, and the second is nobody's child: it leaves no zombie behind.
    if os.fork():
        os._exit(0)
    # Run by its path, so that the folder of the project is not among those searched.
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from curation.core.embedded.errors import EmbeddedServiceError
    from curation.core.embedded.supervisor import supervise

    def alive() -> None:
        os.write(report, b"alive")
        os.close(report)

    try:
        supervise(home, fast="--fast" in arguments, on_alive=alive)
    except EmbeddedServiceError as error:
        os.write(report, f"{error.problem}\n{error.remedy}".encode())
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
