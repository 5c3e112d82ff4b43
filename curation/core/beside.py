"""Working things out in a process of its own, beside the one that takes them: Python computes on one core a process."""

import gc
import logging
import os
import pickle  # nosec B403
import signal
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import fcntl
from functools import partial
from io import BufferedReader, BufferedWriter
from typing import Any, TypeVar

from curation.core.serving.forked import IS_POSSIBLE, Fork

if IS_POSSIBLE:
    from fcntl import F_SETPIPE_SZ

log = logging.getLogger(__name__)
Thing = TypeVar("Thing")
# What the kernel may hold between the two, in bytes: with less they wait for each other more often.
PIPE = 1 << 20


class End:
    """Handed over after the last thing."""


class ForkEnded(ConnectionError):
    """The process that worked things out was ended from outside: by the kernel, for want of memory, or by somebody."""


@dataclass
class Failed:
    """Handed over in place of a thing."""

    error: BaseException


@contextmanager
def worked_out_beside(things: Iterator[Thing]) -> Iterator[Iterator[Thing]]:
    """Give what is left of `things`, worked out by a fork of this process that is one ahead of who takes them.

    They go from one to the other by pickle. What they give to it as a `PickleBuffer` is not copied on the way.

    The fork ends with the block, and with this process however that ends. Nobody may touch `things` meanwhile, and they
    may use nothing that a fork cannot share: connections to the database above all. What they raise is raised here, as
    the nearest of its kinds that can be handed over; `ForkEnded` where the fork was ended. Where none can be made,
    things are worked out here. For the main thread, or one that lasts longer than the block.
    """
    ours, its = os.pipe()
    with open(ours, "rb") as taken, open(its, "wb") as handed:
        fork = _forked(partial(_hand_over, things, taken, handed))
        if fork is None:
            yield things
            return
        handed.close()
        try:
            yield _taken(taken)
        finally:
            fork.end()


def _forked(function: partial[None]) -> Fork | None:
    try:
        return Fork(function) if IS_POSSIBLE else None
    except OSError as error:
        log.warning("no process of its own for what is worked out: %s", error)
        return None


def _hand_over(things: Iterator[Any], taken: BufferedReader, handed: BufferedWriter) -> None:
    """In the fork: send one after another, each as soon as there is room for it."""
    taken.close()
    # Ctrl-C at the terminal reaches both, and whoever takes the things ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What was there before is in use for as long as we live: to look through it again and again is in vain, as it is
    # with a thing that is not sent yet.
    gc.freeze()
    gc.disable()
    with suppress(OSError):
        fcntl(handed.fileno(), F_SETPIPE_SZ, PIPE)
    # Nobody takes them any more.
    with suppress(BrokenPipeError):
        try:
            for thing in things:
                _send(thing, handed)
                gc.collect()
        except BrokenPipeError:
            raise
        except BaseException as error:
            _send(Failed(_to_send(error)), handed)
        else:
            _send(End(), handed)


def _send(thing: Any, handed: BufferedWriter) -> None:
    buffers = list[pickle.PickleBuffer]()
    told = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
    pieces = [buffer.raw() for buffer in buffers]
    pickle.dump((told, [piece.nbytes for piece in pieces]), handed, pickle.HIGHEST_PROTOCOL)
    for piece in pieces:
        handed.write(piece)
    handed.flush()


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


def _taken(taken: BufferedReader) -> Generator[Any]:
    while not isinstance(thing := _next(taken), End):
        if isinstance(thing, Failed):
            raise thing.error
        yield thing


def _next(taken: BufferedReader) -> Any:
    """Return what comes next."""
    try:
        told, sizes = pickle.load(taken)  # noqa: S301 - from our own fork  # nosec
        buffers = [taken.read(size) for size in sizes]
        if list(map(len, buffers)) != sizes:
            raise EOFError
    except (EOFError, OSError, pickle.UnpicklingError) as error:
        raise ForkEnded("a process that worked things out has ended in the middle of it") from error
    return pickle.loads(told, buffers=buffers)  # noqa: S301 - from our own fork  # nosec
