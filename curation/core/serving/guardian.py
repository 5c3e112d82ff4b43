"""Ends the process groups of a parent that was killed: `python guardian.py SECONDS`.

The parent names groups on our standard input, `+ID` when one has begun and `-ID` when it has ended. Standard input
ends with the parent, however it dies; what is left then gets so many seconds before it is killed. Run by its path, on
its own: it outlives the command that started it, and shall be small.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable


def main() -> None:
    """Listen until the parent is gone, then see its children off."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    # Linux has asked them to end already, and Celery, asked twice, can hang for good.
    if sys.platform != "linux":
        send(groups, signal.SIGTERM)
    deadline = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < deadline and any(map(is_alive, groups)):
        time.sleep(0.05)
    send(groups, signal.SIGKILL)


def send(groups: Iterable[int], signum: signal.Signals) -> None:
    """Signal every process of the groups that still exist."""
    for group in filter(is_alive, groups):
        try:
            os.killpg(group, signum)
        except ProcessLookupError:
            continue


def is_alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
