"""Storing the rows of a release: the database gathers what is frozen of each story, in one statement a slice."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from annotations.models.decision import Outcome
from annotations.models.review import ReviewKind
from annotations.rules import VERDICT
from curation.releases.models import Release
from curation.releases.story_ids import public_id_sql
from curation.stories.models.lineage import LineageKind
from curation.stories.models.tag import TagKind


class ItemRow(NamedTuple):
    """What is known of a row before its facts are gathered; `cluster` is the first story of its cluster, and the
    last two are ids of reviews as JSON."""

    story: int
    decision: int
    split: str
    tier: str
    weight: float
    cluster: int | None
    license: str | None
    source: str
    reviews: str
    published: str


NAMED = public_id_sql("s")

# An adjudicator's own words are a comment, and comments are not published. What a story passed says why it was
# accepted, and what it did not pass why it was sent to rewrite. Of the criteria without a value the decision says that
# they do not apply to the story. A decision that has been superseded since stores nothing.
ADD_ITEMS = f"""
WITH part AS MATERIALIZED (
  SELECT * FROM unnest(%(story)s::bigint[], %(decision)s::bigint[], %(split)s::text[], %(tier)s::text[],
    %(weight)s::float8[], %(cluster)s::bigint[], %(license)s::text[], %(source)s::text[], %(reviews)s::text[],
    %(published)s::text[])
    AS part (story, decision, split, tier, weight, cluster, license, source, reviews, published)
), tagged AS (
  SELECT story_id,
    jsonb_agg(DISTINCT key COLLATE "C" ORDER BY key COLLATE "C") FILTER (WHERE kind = %(note)s) AS notes,
    jsonb_agg(DISTINCT key COLLATE "C" ORDER BY key COLLATE "C") FILTER (WHERE kind = %(principle)s) AS principles
  FROM stories_tag WHERE story_id = ANY(%(story)s) AND kind IN (%(note)s, %(principle)s) GROUP BY story_id
), descended AS (
  SELECT child_id,
    jsonb_agg(jsonb_build_object('parent', parent, 'kind', kind) ORDER BY id) AS lineage,
    (array_agg(parent ORDER BY id) FILTER (WHERE kind <> %(rewrite)s))[1] AS twin_of,
    (array_agg(kind ORDER BY id) FILTER (WHERE kind <> %(rewrite)s))[1] AS twin_kind
  FROM (
    SELECT l.id, l.child_id, l.kind, {NAMED} AS parent
    FROM stories_lineage l JOIN stories_story s ON s.id = l.parent_id WHERE l.child_id = ANY(%(story)s)
  ) known
  GROUP BY child_id
), revised AS (
  SELECT story_id, jsonb_agg(id ORDER BY id) AS ids FROM annotations_review
  WHERE revises_id = ANY(%(shown)s::bigint[]) AND kind = %(revision)s GROUP BY story_id
), policy AS MATERIALIZED (
  SELECT id, name || ' ' || version AS named FROM standards_acceptancepolicy
)
INSERT INTO releases_releaseitem (release_id, story_id, decision_id, split, tier, weight, review_ids, facts)
SELECT %(release)s, part.story, part.decision, part.split, part.tier, part.weight, part.reviews::jsonb,
  jsonb_build_object(
    'published', part.published::jsonb,
    'license', part.license,
    'source', part.source,
    'content_notes', COALESCE(tagged.notes, '[]'),
    'principles', COALESCE(tagged.principles, '[]'),
    'themes', to_jsonb(d.themes),
    'applying', jsonb_path_query_array(d.values, '$.keyvalue() ? (@.value != null).key'),
    'duplicate_cluster', {NAMED},
    'revisions', COALESCE(revised.ids, '[]'),
    'twin_of', descended.twin_of,
    'twin_kind', descended.twin_kind,
    'lineage', COALESCE(descended.lineage, '[]'),
    'decided_by', CASE WHEN d.decided_by_id IS NULL THEN 'policy' ELSE 'adjudicator' END,
    'policy', policy.named,
    'decision_reason', CASE WHEN d.decided_by_id IS NULL THEN COALESCE(
        (SELECT string_agg(said.reason->>'text', ' ' ORDER BY said.place)
          FROM jsonb_array_elements(d.reasons) WITH ORDINALITY AS said (reason, place)
          WHERE said.reason->'passed' = to_jsonb(d.outcome = %(accept)s)),
        verdict.said || ' by the policy after ' || jsonb_array_length(part.reviews::jsonb) || ' blind reviews.')
      ELSE concat_ws(' ', verdict.said, 'by a curator after', jsonb_array_length(part.reviews::jsonb), 'blind reviews.',
        (SELECT string_agg(said.reason->>'text', ' ' ORDER BY said.place)
          FROM jsonb_array_elements(d.reasons) WITH ORDINALITY AS said (reason, place)
          WHERE starts_with(said.reason->>'rule', %(verdict)s))) END
  )
FROM part
JOIN annotations_decision d ON d.id = part.decision
JOIN policy ON policy.id = d.policy_id
CROSS JOIN LATERAL (SELECT CASE WHEN d.outcome = %(accept)s THEN 'Accepted' ELSE 'Sent to rewrite' END AS said) verdict
LEFT JOIN tagged ON tagged.story_id = part.story
LEFT JOIN descended ON descended.child_id = part.story
LEFT JOIN revised ON revised.story_id = part.story
LEFT JOIN stories_story s ON s.id = part.cluster
WHERE NOT EXISTS (SELECT FROM annotations_decision later WHERE later.supersedes_id = d.id)
ORDER BY part.story"""  # noqa: S608 - constants of this module  # nosec


def add_items(release: Release, rows: Sequence[ItemRow]) -> int:
    """Store these rows; return how many of their decisions are in force still, which are those that are stored."""
    columns = {name: list(values) for name, values in zip(ItemRow._fields, zip(*rows, strict=True), strict=True)}
    # Whoever let their first commit be shown lets be shown what they said later.
    shown = [review for row in rows for review in json.loads(row.published)]
    words: dict[str, str] = {
        "note": TagKind.NOTE,
        "revision": ReviewKind.REVISION,
        "principle": TagKind.PRINCIPLE,
        "rewrite": LineageKind.REWRITE,
        "verdict": VERDICT,
        "accept": Outcome.ACCEPT.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD_ITEMS, {"release": release.pk, "shown": shown, **words, **columns})
        return int(cursor.rowcount)
