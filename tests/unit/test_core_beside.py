"""Things are worked out by a fork, in their order and not too far ahead; it leaves nothing behind, however it ends."""

import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curation.core import beside
from curation.core.beside import PIPE, ForkEnded, worked_out_beside
from curation.stories.readers.base import FileUnreadable, Unlike

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks what is loaded")
ROOT = Path(__file__).resolve().parents[2]


def is_there(pid: int) -> bool:
    """Whether a process runs, or waits for its parent to learn of its end."""
    return Path(f"/proc/{pid}").exists()


def awaited(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


def pids() -> Iterator[int]:
    while True:
        yield os.getpid()


def test_all_that_is_left_comes_in_order_from_another_process() -> None:
    things = ((number, os.getpid()) for number in range(1_000))
    assert next(things) == (0, os.getpid())
    with worked_out_beside(things) as later:
        found = list(later)
    assert [number for number, _pid in found] == list(range(1, 1_000))
    (pid,) = {pid for _number, pid in found}
    assert pid != os.getpid()
    assert not is_there(pid)


def test_it_is_one_thing_ahead_and_no_more() -> None:
    made = mmap.mmap(-1, 1)

    def things() -> Iterator[bytes]:
        for number in range(20):
            made[0] = number + 1
            yield bytes(2 * PIPE)

    with worked_out_beside(things()) as later:
        assert awaited(lambda: made[0] == 1)
        next(later)
        assert awaited(lambda: made[0] == 2)
        next(later)
        assert awaited(lambda: made[0] == 3)
        assert made[0] == 3


class Local(KeyError):
    """Cannot be made again of what it says."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FileUnreadable("The archive breaks off."), FileUnreadable),
        (Unlike("%(file)s is not in %(encoding)s.", {"file": "a.txt", "encoding": "CP1251"}), FileUnreadable),
        (FileNotFoundError(2, "No such file", "a.csv"), FileNotFoundError),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), UnicodeDecodeError),
        (RecursionError("too deep"), RecursionError),
        (Local(1, 2), KeyError),
        (SystemExit("gone"), SystemExit),
    ],
)
def test_an_error_comes_after_what_was_there_before_it(error: BaseException, kind: type[BaseException]) -> None:
    def things() -> Iterator[int]:
        yield os.getpid()
        raise error

    with worked_out_beside(things()) as later:
        pid = next(later)
        with pytest.raises(kind) as raised:
            next(later)
    assert type(raised.value) is kind
    assert kind is KeyError or str(raised.value) == str(error)
    assert "in things" in raised.value.__notes__[0], "the log says where it was raised"
    assert not is_there(pid)


def test_whoever_has_enough_leaves_no_process_behind() -> None:
    with worked_out_beside(pids()) as later:
        pid = next(later)
        assert is_there(pid)
    assert not is_there(pid)


def test_an_error_of_ours_leaves_no_process_behind() -> None:
    seen = list[int]()

    def fail() -> None:
        with worked_out_beside(pids()) as later:
            seen.append(next(later))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_there(seen[0])


@pytest.mark.parametrize("is_cut", [False, True])
def test_one_that_is_killed_is_an_error_that_may_pass(*, is_cut: bool) -> None:
    def things() -> Iterator[bytes]:
        while True:
            yield str(os.getpid()).encode() + bytes(4 * PIPE if is_cut else 0)

    with worked_out_beside(things()) as later:
        pid = int(next(later).rstrip(b"\0"))
        # In the middle of a thing that no pipe holds as a whole, or between two.
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ForkEnded):
            list(later)
    assert not is_there(pid)


def test_ctrl_c_is_for_whoever_takes_the_things() -> None:
    def things() -> Iterator[int]:
        for _ in range(3):
            yield os.getpid()
            time.sleep(0.01)

    with worked_out_beside(things()) as later:
        pid = next(later)
        os.kill(pid, signal.SIGINT)
        assert list(later) == [pid, pid]


def test_it_ends_with_a_parent_that_is_killed() -> None:
    script = (
        "import itertools, os, sys, time\n"
        "from curation.core.beside import worked_out_beside\n"
        "with worked_out_beside(os.getpid() for _ in itertools.count()) as later:\n"
        "    print(next(later), flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.kill()
    assert awaited(lambda: not is_there(pid))


def test_where_none_can_be_made_they_are_worked_out_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "Fork", lambda _: (_ for _ in ()).throw(BlockingIOError("no room for another process")))
    with worked_out_beside(iter([1, 2, 3])) as later:
        assert list(later) == [1, 2, 3]
    monkeypatch.setattr(beside, "IS_POSSIBLE", False)
    with worked_out_beside(pids()) as others:
        assert next(others) == os.getpid()
