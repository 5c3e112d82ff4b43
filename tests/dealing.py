"""What each worker of a parallel run begins with."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def dealt_out(long: Sequence[Item], others: Sequence[Item], workers: int) -> list[Item]:
    """Return all items in an order in which each of the workers begins with its share of the long ones.

    `--dist worksteal` gives each worker an even part of the list, one after the other, and later what is left at the
    end of another's part.
    """
    left, dealt = list(others), list[Item]()
    for worker in range(workers):
        begun = long[worker::workers]
        size = (len(long) + len(others) - len(dealt)) // (workers - worker)
        filled = max(0, size - len(begun))
        dealt += [*begun, *left[:filled]]
        del left[:filled]
    return dealt
