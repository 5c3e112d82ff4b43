"""What a block of a benchmark costs in processor time, which other work on the machine changes little."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from tests.benchmarks.per_story import own_seconds
from tests.benchmarks.served import cpu_seconds


@dataclass
class Spent:
    """Seconds on the clock, and of the processor in our own processes, and in the connection's of the database."""

    clock: float = 0.0
    python: float = 0.0
    database: float = 0.0

    @property
    def processor(self) -> float:
        """Both."""
        return self.python + self.database

    def told(self, name: str) -> str:
        """A line of figures; `HEADINGS` stand above it."""
        return f"{name:34}{self.clock:>10.1f}{self.python:>10.1f}{self.database:>10.1f}{self.processor:>10.1f}"


HEADINGS = f"{'seconds':34}{'clock':>10}{'python':>10}{'database':>10}{'processor':>10}"


def backend() -> int:
    """This connection's process in the database, which from now on has no others work for it."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@contextmanager
def spent() -> Iterator[Spent]:
    """Yield what is known once the block has ended."""
    found, process = Spent(), backend()
    began, python, database = time.perf_counter(), own_seconds(), cpu_seconds(process)
    yield found
    found.clock = time.perf_counter() - began
    found.python, found.database = own_seconds() - python, cpu_seconds(process) - database
