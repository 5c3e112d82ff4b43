"""Checking stored stories: what is wrong with a text, then near duplicates, then on to scoring.

A worker leases a slice, computes with no transaction open, and records the slice in one. A story whose worker did not
come back is tried again by itself, so that it holds up no other; after `MOST_ATTEMPTS` it is set aside for a curator.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from django.db import connection
from django.utils.translation import gettext_noop

from curation.core import jobs
from curation.core.leases import Lease, LeaseLost
from curation.core.leases.model import LEASE
from curation.stories import dedupe, text_checks
from curation.stories.actions import advance
from curation.stories.actions.search import index_words, other_form
from curation.stories.models import Check, CheckLease, Lineage, Signature, SignatureBand, Story
from curation.stories.models.check import CheckVerdict
from curation.stories.stages import State
from curation.stories.text_checks import INDEX_VERSION, findings

log = logging.getLogger(__name__)
ALIKE = gettext_noop("About %(share)s of its five-word runs stand in story %(story)s too.")
SET_ASIDE = gettext_noop("Checking it failed %(n)s times, so nothing is known of it. Read it before you let it go on.")
FORMS = (*text_checks.FORMS, ALIKE, SET_ASIDE)
SLICE, SLICE_CHARS = 200, 4_000_000
MOST_ATTEMPTS = 3
# Of a text that fills the index, the first few stand for all.
PER_BAND = 20
# Two workers must not each overlook what the other is about to add.
LOCK = 0x64757065
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
  SELECT fresh.story_id, sum(story.n_chars) OVER (ORDER BY fresh.story_id) - story.n_chars AS chars
  FROM fresh JOIN stories_story AS story ON story.id = fresh.story_id
)
INSERT INTO stories_checklease AS lease (story_id, attempts, token, lease_until)
SELECT story_id, 1, drawn.token, now() + make_interval(secs => %(seconds)s)
FROM (SELECT * FROM again UNION ALL SELECT * FROM sized) AS due CROSS JOIN drawn WHERE chars < %(chars)s
ON CONFLICT (story_id) DO UPDATE SET attempts = lease.attempts + 1, token = excluded.token,
  lease_until = excluded.lease_until WHERE lease.lease_until < now()
RETURNING story_id, attempts, token
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
    """What was found in the stories of a slice: their checks, and the MinHash of each that could be checked.

    `forms` is what `search.other_form` says of some of them.
    """

    checks: list[Check] = field(default_factory=list)
    minhashes: dict[int, bytes] = field(default_factory=dict)
    forms: dict[int, dict[str, str]] = field(default_factory=dict)


def check_slice(*, size: int = SLICE) -> int:
    """Check up to `size` stored stories, the oldest first, and move them on; return how many were taken up."""
    lease, attempts = _take(size)
    hopeless = [pk for pk, number in attempts.items() if number > MOST_ATTEMPTS]
    try:
        if hopeless:
            _set_aside(lease, hopeless)
        elif attempts:
            with lease:
                _record(lease, _compute(lease.ids))
    except LeaseLost:
        log.warning("%s stories were checked by another worker meanwhile", len(attempts))
    return len(attempts)


def _take(size: int) -> tuple[Lease, dict[int, int]]:
    """Take up to `size` stories; return their lease, and which attempt at each this is."""
    seconds = LEASE.total_seconds()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"size": size, "chars": SLICE_CHARS, "seconds": seconds})
        rows = cursor.fetchall()
    attempts = {pk: number for pk, number, _token in rows}
    return Lease(CheckLease, attempts, rows[0][2] if rows else 0), attempts


def _compute(ids: Sequence[int]) -> Computed:
    """Find what can be found without the other stories. A story that cannot be checked keeps its lease, and waits."""
    computed = Computed()
    for story in Story.objects.filter(pk__in=ids).only("pk", "title", "text", "n_words").order_by("pk"):
        try:
            checks = [_check_of(story.pk, finding) for finding in findings(story.text, story.n_words)]
            form = other_form(story.title, story.text)
            computed.minhashes[story.pk] = dedupe.signature(story.text)
        except Exception:
            log.exception("story %s cannot be checked; it is tried again by itself", story.pk)
            continue
        computed.checks += checks
        if form:
            computed.forms[story.pk] = form
    return computed


def _check_of(story: int, finding: text_checks.Finding) -> Check:
    return Check(
        story_id=story,
        kind=finding.kind,
        verdict=finding.verdict,
        reason=finding.reason[:300],
        start=finding.start,
        end=finding.end,
        quote=finding.quote,
        index_version=INDEX_VERSION,
    )


def _record(lease: Lease, computed: Computed) -> None:
    """Store what was found of those stories that are still this worker's, and move them on."""
    with lease.storing() as held:
        mine = _end(lease, computed.minhashes.keys() & held)
        minhashes = {pk: minhash for pk, minhash in computed.minhashes.items() if pk in mine}
        if not minhashes:
            return
        checks = [check for check in computed.checks if check.story_id in mine]
        checks += _near_duplicates(minhashes)
        Check.objects.bulk_create(checks, ignore_conflicts=True)
        index_words(mine, computed.forms)
        blocked = {check.story_id for check in checks if check.verdict == CheckVerdict.BLOCK}
        advance(stories=blocked, to=State.BLOCKED)
        advance(stories=mine - blocked, to=State.CHECKED)
        jobs.nudge("scoring.run")


def _set_aside(lease: Lease, ids: Sequence[int]) -> None:
    """Block stories that no worker could check, and say so where a curator looks."""
    with lease.storing() as held:
        mine = _end(lease, {*ids} & {*held})
        finding = text_checks.Finding("not_checked", CheckVerdict.BLOCK, SET_ASIDE % {"n": MOST_ATTEMPTS})
        Check.objects.bulk_create([_check_of(pk, finding) for pk in mine], ignore_conflicts=True)
        advance(stories=mine, to=State.BLOCKED)


def _end(lease: Lease, ids: set[int]) -> set[int]:
    """Give up the leases of these stories, which are held; the lease is there only while a story is being checked."""
    lease.mine.filter(pk__in=ids).delete()
    return ids


def _near_duplicates(minhashes: Mapping[int, bytes]) -> list[Check]:
    """Add the stories to the index and return their checks; `other` is the story that was there first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        Signature.objects.bulk_create(
            [Signature(story_id=pk, minhash=minhash) for pk, minhash in minhashes.items()], ignore_conflicts=True
        )
        SignatureBand.objects.bulk_create(
            [
                SignatureBand(story_id=pk, band=band, digest=digest)
                for pk, minhash in minhashes.items()
                for band, digest in enumerate(dedupe.bands(minhash))
            ],
            ignore_conflicts=True,
        )
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


def _alike(pk: int, minhash: bytes, others: Sequence[int], known: Mapping[int, bytes]) -> Check:
    found = dedupe.closest(minhash, [(other, known[other]) for other in others])
    return Check(
        story_id=pk,
        kind="near_duplicate",
        verdict=CheckVerdict.REVIEW if found else CheckVerdict.PASS,
        reason=ALIKE % {"share": f"{found[1]:.0%}", "story": found[0]} if found else "",
        other_id=found[0] if found else None,
        index_version=dedupe.INDEX_VERSION,
    )
