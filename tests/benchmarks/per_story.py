"""What work takes of its own processes and of its database session: processor time, which others disturb little."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection


@dataclass
class Spent:
    """Seconds of the processor in this process and those it has ended, and in the database's, and of the clock."""

    own: float = 0.0
    database: float = 0.0
    clock: float = 0.0

    @property
    def both(self) -> float:
        """Seconds of the processor in both processes."""
        return self.own + self.database

    def line(self, name: str, stories: int) -> str:
        """One row of a table, in microseconds a story."""
        figures = (self.own, self.database, self.both, self.clock)
        return f"{name:34}" + "".join(f"{1e6 * one / stories:>10,.0f}" for one in figures)


HEAD = f"{'microseconds a story':34}{'own':>10}{'database':>10}{'both':>10}{'clock':>10}"


def of_session() -> float:
    """The processor seconds that the database's process for this session has taken; on Linux."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def own_seconds() -> float:
    """The processor seconds of this process, and of those that it has started and waited for."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def spent() -> Iterator[Spent]:
    """Yield what the block takes, to be read after it."""
    used = Spent()
    began = own_seconds(), of_session(), time.perf_counter()
    yield used
    used.own, used.database, used.clock = (
        now - before for now, before in zip((own_seconds(), of_session(), time.perf_counter()), began, strict=True)
    )
