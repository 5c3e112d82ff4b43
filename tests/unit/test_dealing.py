"""Each worker of a parallel run begins with its share of the tests that take long."""

import pytest

from tests.dealing import dealt_out


def parts(items: list[str], workers: int) -> list[list[str]]:
    """Cut a list as `--dist worksteal` does at first: each worker gets an even part of what the ones before left."""
    found, left = [], list(items)
    for worker in range(workers):
        size = len(left) // (workers - worker)
        found.append(left[:size])
        del left[:size]
    return found


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("others", [0, 5, 90, 91, 1003])
def test_every_worker_begins_with_an_even_share_of_the_long_ones(workers: int, others: int) -> None:
    long, rest = [f"long {n}" for n in range(9)], [f"other {n}" for n in range(others)]
    dealt = dealt_out(long, rest, workers)
    assert sorted(dealt) == sorted([*long, *rest]), "each once"
    assert [one for one in dealt if one in rest] == rest, "the others as they were"
    if others < 90:
        return  # There are parts that the long ones do not fit in.
    for part in parts(dealt, workers):
        share = [one for one in part if one in long]
        assert part[: len(share)] == share
        assert len(share) in {9 // workers, -(-9 // workers)}
