"""Checking stored stories: what is wrong with a text, then near duplicates, then on to scoring.

A worker leases a slice, computes with no transaction open, and records the slice in one. A story whose worker did not
come back is tried again by itself, so that it holds up no other; after `MOST_ATTEMPTS` it is set aside for a curator.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from curation.core import jobs
from curation.core.giving_way import giving_way
from curation.core.leases import Lease, LeaseLost
from curation.core.leases.model import LEASE
from curation.stories import dedupe, text_checks
from curation.stories.actions import advance
from curation.stories.actions.search import index_words, to_be_indexed
from curation.stories.models import CheckLease, Lineage, Signature, Story
from curation.stories.models.check import CheckVerdict
from curation.stories.stages import State
from curation.stories.text_checks import INDEX_VERSION, findings

log = logging.getLogger(__name__)
# A check, by the names of its columns.
Row = dict[str, Any]
ALIKE = gettext_noop("About %(share)s of its five-word runs stand in story %(story)s too.")
SET_ASIDE = gettext_noop("Checking it failed %(n)s times, so nothing is known of it. Read it before you let it go on.")
FORMS = (*text_checks.FORMS, ALIKE, SET_ASIDE)
SLICE, SLICE_CHARS = 200, 4_000_000
MOST_ATTEMPTS = 3
# Of a text that fills the index, the first few stand for all.
PER_BAND = 20
# Two workers must not each overlook what the other is about to add.
LOCK = 0x64757065
# The database takes a table that has just grown for a small one, and would gather and sort all that waits, or read all
# stories, each time. So it is to follow the indexes, which have stories in their order, and ends after a few.
IN_ORDER = "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)"
# As a value of its row a length is looked up by its story, where a join might read all stories for each.
# A story that was tried before comes alone. ON CONFLICT looks again: a worker may have come first since the rows were
# read.
CLAIM = """
WITH drawn AS MATERIALIZED (
  SELECT nextval('core_lease_token') AS token
), again AS (
  SELECT lease.story_id, 0 AS chars FROM stories_checklease AS lease
  WHERE lease.lease_until < now() ORDER BY lease.story_id LIMIT 1 FOR UPDATE SKIP LOCKED
), fresh AS (
  SELECT stage.story_id FROM stories_stage AS stage
  WHERE stage.state = 'stored' AND NOT EXISTS (SELECT FROM again)
    AND NOT EXISTS (SELECT FROM stories_checklease AS lease WHERE lease.story_id = stage.story_id)
  ORDER BY stage.story_id LIMIT %(size)s FOR UPDATE OF stage SKIP LOCKED
), sized AS (
  SELECT story_id, sum(n_chars) OVER (ORDER BY story_id) - n_chars AS chars
  FROM (SELECT story_id, (SELECT n_chars FROM stories_story WHERE id = story_id) AS n_chars FROM fresh) AS long
)
INSERT INTO stories_checklease AS lease (story_id, attempts, token, lease_until)
SELECT story_id, 1, drawn.token, now() + make_interval(secs => %(seconds)s)
FROM (SELECT * FROM again UNION ALL SELECT * FROM sized) AS due CROSS JOIN drawn WHERE chars < %(chars)s
ON CONFLICT (story_id) DO UPDATE SET attempts = lease.attempts + 1, token = excluded.token,
  lease_until = excluded.lease_until WHERE lease.lease_until < now()
RETURNING story_id, attempts, token
"""
# As one document, rows cost a fraction of what they cost as so many parameters.
KEEP = """
INSERT INTO stories_check (story_id, kind, verdict, reason, start, "end", quote, other_id, index_version, created_at)
SELECT story_id, kind, verdict, reason, start, "end", quote, other_id, index_version, now()
FROM json_to_recordset(%s) AS told (story_id bigint, kind text, verdict text, reason text, start int, "end" int,
  quote text, other_id bigint, index_version text)
ON CONFLICT (story_id, kind, index_version) DO NOTHING
"""
# The bands come with the signature or not at all, so that none of them has to be looked for before it is stored.
SIGNATURES = """
WITH told AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%s) AS told (story bigint, minhash text, bands bigint[])
), signed AS (
  INSERT INTO stories_signature (story_id, minhash) SELECT story, decode(minhash, 'hex') FROM told
  ON CONFLICT (story_id) DO NOTHING RETURNING story_id
)
INSERT INTO stories_signatureband (story_id, band, digest)
SELECT story, place - 1, digest FROM told JOIN signed ON signed.story_id = told.story
CROSS JOIN unnest(bands) WITH ORDINALITY AS band (digest, place)
"""
CANDIDATES = """
SELECT DISTINCT mine.story_id, other.story_id
FROM stories_signatureband AS mine
CROSS JOIN LATERAL (
  SELECT story_id FROM stories_signatureband
  WHERE band = mine.band AND digest = mine.digest AND story_id <> mine.story_id ORDER BY story_id LIMIT %(most)s
) AS other
WHERE mine.story_id = ANY(%(ids)s)
"""


@dataclass
class Computed:
    """What was found in the stories of a slice: their checks, and the MinHash of each that could be checked."""

    checks: list[Row] = field(default_factory=list)
    minhashes: dict[int, bytes] = field(default_factory=dict)


def check_slice(*, size: int = SLICE) -> int:
    """Check up to `size` stored stories, the oldest first, and move them on; return how many were taken up.

    Once all are checked, the words of some that are become findable instead.
    """
    lease, attempts = _take(size)
    if not attempts:
        return index_words()
    hopeless = [pk for pk, number in attempts.items() if number > MOST_ATTEMPTS]
    try:
        if hopeless:
            _set_aside(lease, hopeless)
        elif attempts:
            with lease:
                rows = Story.objects.filter(pk__in=lease.ids).order_by("pk").values_list("pk", "text", "n_words")
                _record(lease, giving_way(_compute, list(rows)))
    except LeaseLost:
        log.warning("%s stories were checked by another worker meanwhile", len(attempts))
    return len(attempts)


def _take(size: int) -> tuple[Lease, dict[int, int]]:
    """Take up to `size` stories; return their lease, and which attempt at each this is."""
    seconds = LEASE.total_seconds()
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(IN_ORDER)
        cursor.execute(CLAIM, {"size": size, "chars": SLICE_CHARS, "seconds": seconds})
        rows = cursor.fetchall()
    attempts = {pk: number for pk, number, _token in rows}
    return Lease(CheckLease, attempts, rows[0][2] if rows else 0), attempts


def _compute(stories: Sequence[tuple[int, str, int]]) -> Computed:
    """Find what can be found in stories (id, text, words) without the others.

    A story that cannot be checked keeps its lease, and waits.
    """
    computed = Computed()
    for pk, text, n_words in stories:
        try:
            checks = [_check_of(pk, finding) for finding in findings(text, n_words)]
            computed.minhashes[pk] = dedupe.signature(text)
        except Exception:
            log.exception("story %s cannot be checked; it is tried again by itself", pk)
            continue
        computed.checks += checks
    return computed


def _check_of(story: int, finding: text_checks.Finding) -> Row:
    return {
        "story_id": story,
        "kind": finding.kind,
        "verdict": finding.verdict,
        "reason": finding.reason[:300],
        "start": finding.start,
        "end": finding.end,
        "quote": finding.quote,
        "index_version": INDEX_VERSION,
    }


def _keep(checks: Sequence[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [json.dumps(checks, ensure_ascii=False)])


def _record(lease: Lease, computed: Computed) -> None:
    """Store what was found of those stories that are still this worker's, and move them on."""
    with lease.storing() as held:
        mine = _end(lease, computed.minhashes.keys() & held)
        minhashes = {pk: minhash for pk, minhash in computed.minhashes.items() if pk in mine}
        if not minhashes:
            return
        checks = [check for check in computed.checks if check["story_id"] in mine]
        checks += _near_duplicates(minhashes)
        _keep(checks)
        to_be_indexed(mine)
        blocked = {check["story_id"] for check in checks if check["verdict"] == CheckVerdict.BLOCK}
        advance(stories=blocked, to=State.BLOCKED)
        advance(stories=mine - blocked, to=State.CHECKED)
        jobs.nudge("scoring.run")


def _set_aside(lease: Lease, ids: Sequence[int]) -> None:
    """Block stories that no worker could check, and say so where a curator looks."""
    with lease.storing() as held:
        mine = _end(lease, {*ids} & {*held})
        finding = text_checks.Finding("not_checked", CheckVerdict.BLOCK, SET_ASIDE % {"n": MOST_ATTEMPTS})
        _keep([_check_of(pk, finding) for pk in mine])
        advance(stories=mine, to=State.BLOCKED)


def _end(lease: Lease, ids: set[int]) -> set[int]:
    """Give up the leases of these stories, which are held; the lease is there only while a story is being checked."""
    lease.mine.filter(pk__in=ids).delete()
    return ids


def _near_duplicates(minhashes: Mapping[int, bytes]) -> list[Row]:
    """Add the stories to the index and return their checks; `other` is the story that was there first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        told = [
            {"story": pk, "minhash": minhash.hex(), "bands": dedupe.bands(minhash)} for pk, minhash in minhashes.items()
        ]
        cursor.execute(SIGNATURES, [json.dumps(told)])
        cursor.execute(CANDIDATES, {"ids": list(minhashes), "most": PER_BAND})
        # Of two stories in one slice the newer is the duplicate.
        pairs = [(pk, other) for pk, other in cursor.fetchall() if other not in minhashes or other < pk]
    related = set(chain.from_iterable(
        ((child, parent), (parent, child))
        for child, parent in Lineage.objects.filter(child_id__in=minhashes).values_list("child_id", "parent_id")
    ))  # fmt: skip
    candidates: dict[int, set[int]] = defaultdict(set)
    for pk, other in pairs:
        # A rewrite or a twin is close to its parent by intent.
        if (pk, other) not in related:
            candidates[pk].add(other)
    wanted = set(chain.from_iterable(candidates.values()))
    known = {pk: bytes(minhash) for pk, minhash in Signature.objects.filter(pk__in=wanted).values_list("pk", "minhash")}
    return [_alike(pk, minhash, sorted(candidates[pk]), known) for pk, minhash in minhashes.items()]


def _alike(pk: int, minhash: bytes, others: Sequence[int], known: Mapping[int, bytes]) -> Row:
    found = dedupe.closest(minhash, [(other, known[other]) for other in others])
    return {
        "story_id": pk,
        "kind": "near_duplicate",
        "verdict": CheckVerdict.REVIEW if found else CheckVerdict.PASS,
        "reason": ALIKE % {"share": f"{found[1]:.0%}", "story": found[0]} if found else "",
        "quote": "",
        "other_id": found[0] if found else None,
        "index_version": dedupe.INDEX_VERSION,
    }
