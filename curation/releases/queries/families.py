"""Which stories belong together: near duplicates, twins, rewrites."""

from curation.releases.splits import groups
from curation.stories.models import Check, Lineage
from curation.stories.models.check import Verdict

NEAR_DUPLICATE = "near_duplicate"  # the kind that `stories.checks` writes


def near_duplicates() -> list[tuple[int, int]]:
    """Return the pairs that the near-duplicate check found."""
    found = Check.objects.filter(kind=NEAR_DUPLICATE, other__isnull=False).exclude(verdict=Verdict.PASS)
    return list(found.values_list("story_id", "other_id"))


def clusters() -> dict[int, int]:
    """Map each story that has near duplicates to the smallest story of its cluster."""
    return groups(near_duplicates())


def families() -> dict[int, int]:
    """Map each story that has near duplicates, twins or rewrites to the smallest of all of them.

    A twin has no reason to lie in another split than its twin, so lineage of any kind counts.
    """
    return groups([*near_duplicates(), *Lineage.objects.values_list("child_id", "parent_id")])
