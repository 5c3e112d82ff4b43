"""Which stories belong together: near duplicates, twins, rewrites."""

from collections.abc import Iterable

from curation.stories.models import Check, Lineage
from curation.stories.models.check import CheckVerdict

NEAR_DUPLICATE = "near_duplicate"  # the kind that `stories.actions.checking` writes


def groups(edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Join stories that any chain of edges connects; map each story named in `edges` to its group's smallest story."""
    parent: dict[int, int] = {}

    def find(story: int) -> int:
        root = story
        while parent.setdefault(root, root) != root:
            root = parent[root]
        while parent[story] != root:
            parent[story], story = root, parent[story]
        return root

    for one, other in edges:
        low, high = sorted((find(one), find(other)))
        parent[high] = low
    return {story: find(story) for story in list(parent)}


def near_duplicates() -> list[tuple[int, int]]:
    """Return the pairs that the near-duplicate check found."""
    found = Check.objects.filter(kind=NEAR_DUPLICATE, other__isnull=False).exclude(verdict=CheckVerdict.PASS)
    return list(found.values_list("story_id", "other_id"))


def lineage() -> list[tuple[int, int]]:
    """Return the pairs of which one was made from the other."""
    return list(Lineage.objects.values_list("child_id", "parent_id"))


def families() -> dict[int, int]:
    """Map each story that has near duplicates, twins or rewrites to the smallest of all of them.

    A twin has no reason to lie in another split than its twin, so lineage of any kind counts.
    """
    return groups([*near_duplicates(), *lineage()])
