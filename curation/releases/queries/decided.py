"""Whether the stories of a release are still decided as it says, and on the ratings that the decisions say."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from annotations.models.decision import Outcome
from annotations.models.review import ReviewKind
from curation.releases.models import Release
from curation.releases.story_ids import public_id_sql

AT_ONCE = 5_000
# What the database says of an item's decision and reviews that the item does not, each with the story's public id; and
# as `since`, that it was decided anew after the release, which is no fault of it. A decision's values are recomputed
# from the ratings that it rests on, those of reviews that hold the story out of scope aside.
CHECKED = f"""
WITH item AS MATERIALIZED (
  SELECT i.story_id, i.decision_id, i.review_ids, i.facts, {public_id_sql("s")} AS named
  FROM releases_releaseitem i JOIN stories_story s ON s.id = i.story_id
  WHERE i.release_id = %(release)s AND i.story_id > %(after)s ORDER BY i.story_id LIMIT %(most)s
), decided AS MATERIALIZED (
  SELECT item.*, d.outcome, d.story_id AS of_story, d.values, d.themes, d.review_ids AS rests_on,
    CASE WHEN d.decided_by_id IS NULL THEN 'policy' ELSE 'adjudicator' END AS decider,
    p.name || ' ' || p.version AS policy, later.id IS NOT NULL AS anew
  FROM item LEFT JOIN annotations_decision d ON d.id = item.decision_id
  LEFT JOIN standards_acceptancepolicy p ON p.id = d.policy_id
  LEFT JOIN annotations_decision later ON later.supersedes_id = d.id
), mean AS (
  SELECT decided.story_id, c.key, avg(g.value) AS value
  FROM decided JOIN annotations_review r ON r.id = ANY(decided.rests_on) AND NOT r.out_of_scope
  JOIN annotations_rating g ON g.review_id = r.id JOIN standards_criterion c ON c.id = g.criterion_id
  WHERE g.value IS NOT NULL GROUP BY decided.story_id, c.key
), stated AS (
  SELECT decided.story_id, said.key, said.value::text::float8 AS value
  FROM decided, jsonb_each(decided.values) said WHERE jsonb_typeof(said.value) = 'number'
), wrong AS (
  SELECT DISTINCT stated.story_id FROM stated LEFT JOIN mean USING (story_id, key)
  WHERE mean.value IS NULL OR abs(mean.value - stated.value) > 1e-9
), counted AS (
  SELECT decided.story_id, count(*) AS n, count(r.id) AS found
  FROM decided, jsonb_array_elements_text(decided.review_ids) AS chosen (review)
  LEFT JOIN annotations_review r ON r.id = chosen.review::bigint AND r.kind = %(commit)s
    AND NOT EXISTS (SELECT FROM annotations_withdrawal w WHERE w.review_id = r.id)
  WHERE r.id IS NULL OR r.story_id = decided.story_id GROUP BY decided.story_id
)
SELECT decided.story_id, decided.named, array_remove(ARRAY[
    CASE WHEN outcome IS DISTINCT FROM %(accept)s OR of_story IS DISTINCT FROM decided.story_id THEN 'outcome' END,
    CASE WHEN facts->>'decided_by' IS DISTINCT FROM decider OR facts->>'policy' IS DISTINCT FROM policy
      THEN 'decider' END,
    CASE WHEN facts->'themes' IS DISTINCT FROM to_jsonb(decided.themes)
      OR (facts ? 'applying' AND facts->'applying' IS DISTINCT FROM
        jsonb_path_query_array(decided.values, '$.keyvalue() ? (@.value != null).key')) THEN 'themes' END,
    CASE WHEN wrong.story_id IS NOT NULL THEN 'values' END,
    CASE WHEN jsonb_array_length(decided.review_ids) <> COALESCE(counted.found, 0) THEN 'reviews' END,
    CASE WHEN anew THEN 'since' END], NULL) AS differs
FROM decided LEFT JOIN wrong USING (story_id) LEFT JOIN counted USING (story_id) ORDER BY decided.story_id"""  # noqa: S608 - constants of this module  # nosec


def undecided(release: Release) -> Iterator[tuple[str, list[str]]]:
    """Yield the stories of which the database says something else, by public id, each with what differs.

    That is `outcome`, `decider`, `themes`, `values` or `reviews`; or `since`, for one that was decided anew later.
    """
    fixed: dict[str, Any] = {
        "release": release.pk,
        "most": AT_ONCE,
        "commit": ReviewKind.COMMIT,
        "accept": Outcome.ACCEPT,
    }
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(CHECKED, {**fixed, "after": after})
            rows = cursor.fetchall()
        yield from ((named, differs) for _story, named, differs in rows if differs)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][0]
