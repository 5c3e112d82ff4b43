"""Which split each story, and all that belongs to it, goes to."""

import hashlib
from collections.abc import Mapping

TRAIN = "train"
SHARES = ((TRAIN, 80), ("validation", 10), ("test", 10))


def split_of(seed: str, key: str) -> str:
    """Return the split that `key` falls into: train 80, validation 10 and test 10 of 100, by SHA-256."""
    digest = hashlib.sha256(f"{seed}\n{key}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    for name, share in SHARES:
        if place < share:
            return name
        place -= share
    raise AssertionError("the shares add up to 100")


def assign(
    stories: Mapping[int, str], group_of: Mapping[int, int], stored: Mapping[int, str], seed: str
) -> dict[int, str]:
    """Return the split of every story.

    `stories` maps a story to its content hash, `group_of` to its family, `stored` holds the splits of earlier versions.
    A stored split stays. A new story inherits from its group: from the smallest story that has a stored split, or else
    all new members share the one that the smallest content hash among them falls into.
    """
    family = {story: group_of.get(story, story) for story in (*stories, *stored)}
    inherited: dict[int, str] = {}
    for story in sorted(stored):
        inherited.setdefault(family[story], stored[story])
    keys: dict[int, str] = {}
    for story, key in stories.items():
        keys[family[story]] = min(key, keys.get(family[story], key))
    return {
        story: stored.get(story) or inherited.get(family[story]) or split_of(seed, keys[family[story]])
        for story in stories
    }
