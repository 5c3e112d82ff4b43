"""The stories of two versions, compared in the database: what leaves it does not grow with them."""

from collections import Counter
from typing import Any, LiteralString, NamedTuple

from django.db import connection

from curation.releases.story_ids import public_id_sql

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
# What can differ of a story that both versions have, in the order in which it is told.
WHAT = ("decision", "tier", "weight", "split", "reviews", "published", "tags", "license", "cluster")
LISTED = 50

# The rows of a version, with hashes in the place of lists: of 100,000 stories the lists would be 100 MB.
ROWS = """
  SELECT story_id, decision_id, tier, weight, split, facts->>'decided_by' AS decider,
    jsonb_hash_extended(review_ids, 0) AS reviews,
    jsonb_hash_extended(jsonb_build_array(facts->'published', facts->'revisions'), 0) AS published,
    jsonb_hash_extended(
      jsonb_build_array(facts->'content_notes', facts->'principles', facts->'themes', facts->'lineage'), 0) AS tags,
    facts->>'license' AS license, facts->>'duplicate_cluster' AS cluster
  FROM releases_releaseitem WHERE release_id = """
DIFFERS = ",\n    ".join(
    f"CASE WHEN o.{column} IS DISTINCT FROM n.{column} THEN '{name}' END"
    for name, column in zip(WHAT, ("decision_id", *WHAT[1:]), strict=True)
)
PAIRS = f"""
WITH o AS ({ROWS} %(old)s), n AS ({ROWS} %(new)s), pair AS (
  SELECT COALESCE(o.story_id, n.story_id) AS story,
    CASE WHEN o.story_id IS NULL THEN 'added' WHEN n.story_id IS NULL THEN 'removed' ELSE 'changed' END AS kind,
    CASE WHEN o.story_id IS NULL OR n.story_id IS NULL THEN '{{}}'
      ELSE array_remove(ARRAY[{DIFFERS}], NULL) END AS what,
    o.tier AS old_tier, n.tier AS new_tier, o.decider AS old_decider, n.decider AS new_decider
  FROM o FULL JOIN n ON n.story_id = o.story_id
)"""  # noqa: S608 - constants of this module  # nosec
COUNTED = f"""{PAIRS}
SELECT kind, what, old_tier, new_tier, old_decider, new_decider, count(*) FROM pair
GROUP BY kind, what, old_tier, new_tier, old_decider, new_decider"""  # noqa: S608  # nosec
FIRST = f"""{PAIRS}, numbered AS (
  SELECT story, kind, what, row_number() OVER (PARTITION BY kind ORDER BY story) AS place
  FROM pair WHERE kind <> 'changed' OR what <> '{{}}'
)
SELECT numbered.story, kind, {public_id_sql("s")}, s.title, what, w.reason
FROM numbered JOIN stories_story s ON s.id = numbered.story
LEFT JOIN releases_withdrawnstory w ON w.story_id = numbered.story AND w.dataset_id = %(dataset)s
WHERE place <= %(most)s ORDER BY kind, place"""  # noqa: S608  # nosec
COVERED = """
SELECT release_id, principle, theme, count(*) FROM releases_releaseitem,
  jsonb_array_elements_text(facts->'principles') AS principle, jsonb_array_elements_text(facts->'themes') AS theme
WHERE release_id IN (%(old)s, %(new)s) GROUP BY release_id, principle, theme"""


class First(NamedTuple):
    """One of the first stories of a kind, `ADDED`, `REMOVED` or `CHANGED`, by story.

    `what` differs of it is some of `WHAT`; `reason` is why it was withdrawn from the dataset, if it was.
    """

    story: int
    kind: str
    id: str
    title: str
    what: list[str]
    reason: str | None


class Counts(NamedTuple):
    """How many stories differ: by kind (`same` too), by what of them, and from one tier or decider to another."""

    kinds: Counter[str]
    what: Counter[str]
    tiers: Counter[tuple[str, str]]
    deciders: Counter[tuple[str, str]]


def asked(statement: LiteralString, **parameters: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def counted(old: int, new: int) -> Counts:
    """Count what differs between the stories of two releases, by their keys."""
    found = Counts(Counter(), Counter(), Counter(), Counter())
    for kind, what, *moved, n in asked(COUNTED, old=old, new=new):
        found.kinds["same" if kind == CHANGED and not what else kind] += n
        for part in what:
            found.what[part] += n
        if kind == CHANGED:
            old_tier, new_tier, old_decider, new_decider = moved
            for counter, pair in ((found.tiers, (old_tier, new_tier)), (found.deciders, (old_decider, new_decider))):
                if pair[0] != pair[1]:
                    counter[pair] += n
    return found


def first(old: int, new: int, dataset: int) -> list[First]:
    """Return the first `LISTED` stories of each kind."""
    return [First(*row) for row in asked(FIRST, old=old, new=new, dataset=dataset, most=LISTED)]


def covered(old: int, new: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many stories of either release have a principle and a theme, where that differs."""
    counts: dict[tuple[str, str], list[int]] = {}
    for release, principle, theme, n in asked(COVERED, old=old, new=new):
        counts.setdefault((principle, theme), [0, 0])[release == new] = n
    return {pair: (before, after) for pair, (before, after) in sorted(counts.items()) if before != after}
