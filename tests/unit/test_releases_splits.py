"""Splits: stable for a story once released, shared by what belongs together, near 80/10/10."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.releases.splits import assign, split_of
from curation.stories.families import groups

STORIES = st.integers(1, 40)
EDGES = st.lists(st.tuples(STORIES, STORIES).filter(lambda pair: pair[0] != pair[1]), max_size=30)


def key(story: int) -> str:
    return f"hash of {story}"


@given(st.sets(STORIES, min_size=1), st.sets(STORIES), EDGES, EDGES)
def test_a_released_story_keeps_its_split_whatever_joins_later(
    first: set[int], more: set[int], edges: list[tuple[int, int]], later: list[tuple[int, int]]
) -> None:
    before = assign({story: key(story) for story in first}, groups(edges), {}, "org/name")
    now = {story: key(story) for story in first | more}
    after = assign(now, groups([*edges, *later]), before, "org/name")
    assert {story: after[story] for story in first} == before
    assert after.keys() == now.keys()


@given(st.sets(STORIES, min_size=1), EDGES)
def test_stories_that_belong_together_share_a_split_from_the_start(
    stories: set[int], edges: list[tuple[int, int]]
) -> None:
    group_of = groups(edges)
    split = assign({story: key(story) for story in stories}, group_of, {}, "org/name")
    of_group: dict[int, set[str]] = {}
    for story in stories:
        of_group.setdefault(group_of.get(story, story), set()).add(split[story])
    assert all(len(found) == 1 for found in of_group.values())


@given(EDGES)
def test_groups_are_what_the_edges_connect(edges: list[tuple[int, int]]) -> None:
    group_of = groups(edges)
    assert all(group_of[one] == group_of[other] for one, other in edges)
    assert all(group_of[leader] == leader and leader <= story for story, leader in group_of.items())


def test_a_newcomer_inherits_from_its_released_twin() -> None:
    twin_of = groups([(1, 2)])
    assert assign({1: key(1), 2: key(2)}, twin_of, {1: "test"}, "org/name") == {1: "test", 2: "test"}
    assert assign({2: key(2)}, twin_of, {1: "validation"}, "org/name") == {2: "validation"}


@pytest.mark.parametrize(
    ("number", "split"),
    [(31, "train"), (146, "train"), (2, "validation"), (178, "validation"), (118, "test"), (191, "test")],
)
def test_a_story_falls_where_it_always_fell(number: int, split: str) -> None:
    # The places 0 and 79, 80 and 89, 90 and 99 of a hundred.
    assert split_of("org/name", key(number)) == split


def test_new_stories_that_belong_together_go_by_their_smallest_hash() -> None:
    low, high = sorted([key(31), key(118)])
    alone = {name: split_of("org/name", name) for name in (low, high)}
    assert alone[low] != alone[high]
    for hashes in ({1: low, 2: high}, {1: high, 2: low}):
        assert set(assign(hashes, groups([(1, 2)]), {}, "org/name").values()) == {alone[low]}


def test_a_newcomer_inherits_from_the_smallest_released_story_of_its_group() -> None:
    released = {5: "train", 3: "test", 4: "validation"}
    family = groups([(3, 4), (4, 5), (5, 6)])
    assert assign({6: key(6)}, family, released, "org/name") == {6: "test"}
    # Also where the family's smallest story was never released.
    assert assign({3: key(3), 6: key(6)}, family, {5: "train", 4: "validation"}, "org/name") == {
        3: "validation",
        6: "validation",
    }


def test_stories_that_belong_to_nobody_inherit_from_nobody() -> None:
    alone = {1: key(31), 2: key(118), 3: key(2)}
    assert assign(alone, {}, {7: "test", 1: "test"}, "org/name") == {1: "test", 2: "test", 3: "validation"}
    assert assign(alone, {}, {}, "org/name") == {1: "train", 2: "test", 3: "validation"}


def test_shares_are_near_80_10_10_and_differ_between_datasets() -> None:
    counts = Counter(split_of("org/name", key(story)) for story in range(10_000))
    assert abs(counts["train"] - 8_000) < 200
    assert abs(counts["test"] - 1_000) < 150
    assert any(split_of("org/name", key(n)) != split_of("org/other", key(n)) for n in range(50))
