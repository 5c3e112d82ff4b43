"""Working things out in a process of its own, beside the one that takes them: Python computes on one core a process."""

import gc
import logging
import pickle  # nosec B403
import signal
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import fcntl
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from curation.core.serving.forked import IS_POSSIBLE, Fork

if IS_POSSIBLE:
    from fcntl import F_SETPIPE_SZ

log = logging.getLogger(__name__)
Thing = TypeVar("Thing")
# What the kernel may hold between the two, in bytes: with less they wait for each other more often.
PIPE = 1 << 20
END = b""


class ForkEnded(ConnectionError):
    """The process that worked things out was ended from outside: by the kernel, for want of memory, or by somebody."""


@dataclass
class Failed:
    """Handed over in place of a thing."""

    error: BaseException


@contextmanager
def worked_out_beside(things: Iterator[Thing]) -> Iterator[Iterator[Thing]]:
    """Give what is left of `things`, worked out by a fork of this process that is one ahead of who takes them.

    The fork ends with the block, and with this process however that ends. Nobody may touch `things` meanwhile, and they
    may use nothing that a fork cannot share: connections to the database above all. What they raise is raised here, as
    the nearest of its kinds that can be handed over; `ForkEnded` where the fork was ended. Where none can be made,
    things are worked out here. For the main thread, or one that lasts longer than the block.
    """
    ours, its = Pipe(duplex=False)
    with ours, its:
        fork = _forked(partial(_hand_over, things, ours, its))
        if fork is None:
            yield things
            return
        its.close()
        try:
            yield _taken(ours)
        finally:
            fork.end()


def _forked(function: partial[None]) -> Fork | None:
    try:
        return Fork(function) if IS_POSSIBLE else None
    except OSError as error:
        log.warning("no process of its own for what is worked out: %s", error)
        return None


def _hand_over(things: Iterator[Any], ours: Connection, its: Connection) -> None:
    """In the fork: send one after another, each as soon as there is room for it."""
    ours.close()
    # Ctrl-C at the terminal reaches both, and whoever takes the things ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What was there before is in use for as long as we live: to look through it again and again is in vain.
    gc.freeze()
    with suppress(OSError):
        fcntl(its.fileno(), F_SETPIPE_SZ, PIPE)
    # Nobody takes them any more.
    with suppress(BrokenPipeError):
        try:
            for thing in things:
                its.send_bytes(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))
        except BrokenPipeError:
            raise
        except BaseException as error:
            its.send_bytes(pickle.dumps(Failed(_to_send(error)), pickle.HIGHEST_PROTOCOL))
        else:
            its.send_bytes(END)


def _to_send(error: BaseException) -> BaseException:
    """Return an error as it can be handed over, with the place where it was raised."""
    told = "".join(traceback.format_exception(error))
    for kind in type(error).__mro__:
        with suppress(Exception):
            one = error if kind is type(error) else kind(str(error))
            again = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own  # nosec
            if type(again) is kind and (one is not error or str(again) == str(error)):
                one.add_note(told)
                return one
    return RuntimeError(told)


def _taken(pipe: Connection) -> Generator[Any]:
    while (thing := _next(pipe)) is not None:
        if isinstance(thing, Failed):
            raise thing.error
        yield thing


def _next(pipe: Connection) -> Any:
    """Return what comes next, or None at the end."""
    try:
        told = pipe.recv_bytes()
    except (EOFError, OSError) as error:
        raise ForkEnded("a process that worked things out has ended in the middle of it") from error
    return pickle.loads(told) if told != END else None  # noqa: S301 - from our own fork  # nosec
