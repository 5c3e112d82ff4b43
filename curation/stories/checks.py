"""Checking stored stories: artefacts, then near duplicates, then on to scoring.

A slice is one transaction: killed anywhere, its stories are still `stored` and the next worker begins again.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from curation.core import jobs
from curation.stories import artefacts, dedupe
from curation.stories.actions import advance
from curation.stories.actions.search import index_words
from curation.stories.artefacts import INDEX_VERSION, findings
from curation.stories.models import Check, Lineage, Signature, SignatureBand, Stage, Story
from curation.stories.models.check import Verdict
from curation.stories.stages import State

ALIKE = gettext_noop("About %(share)s of its five-word runs stand in story %(story)s too.")
FORMS = (*artefacts.FORMS, ALIKE)
SLICE = 200
# Of a text that fills the index, the first few stand for all.
PER_BAND = 20
# Two workers must not each overlook what the other is about to add.
LOCK = 0x64757065
CANDIDATES = """
SELECT DISTINCT mine.story_id, other.story_id
FROM stories_signatureband AS mine
CROSS JOIN LATERAL (
  SELECT story_id FROM stories_signatureband
  WHERE band = mine.band AND digest = mine.digest AND story_id <> mine.story_id ORDER BY story_id LIMIT %(most)s
) AS other
WHERE mine.story_id = ANY(%(ids)s)
"""


def check_slice(*, size: int = SLICE) -> int:
    """Check up to `size` stored stories, the oldest first, and move them on; return how many there were."""
    with transaction.atomic():
        due = Stage.objects.select_for_update(skip_locked=True).filter(state=State.STORED).order_by("story_id")
        ids = list(due.values_list("story_id", flat=True)[:size])
        if not ids:
            return 0
        stories = list(Story.objects.filter(pk__in=ids).only("pk", "text", "n_words").order_by("pk"))
        checks = [
            Check(
                story_id=story.pk,
                kind=finding.kind,
                verdict=finding.verdict,
                reason=finding.reason[:300],
                start=finding.start,
                end=finding.end,
                quote=finding.quote,
                index_version=INDEX_VERSION,
            )
            for story in stories
            for finding in findings(story.text, story.n_words)
        ]
        checks += _near_duplicates(stories)
        Check.objects.bulk_create(checks, ignore_conflicts=True)
        index_words(ids)
        blocked = {check.story_id for check in checks if check.verdict == Verdict.BLOCK}
        advance(stories=blocked, to=State.BLOCKED)
        advance(stories=[pk for pk in ids if pk not in blocked], to=State.CHECKED)
        jobs.nudge("scoring.run")
    return len(ids)


def _near_duplicates(stories: Sequence[Story]) -> list[Check]:
    """Add the stories to the index and return their checks; `other` is the story that was there first."""
    minhashes = {story.pk: dedupe.signature(story.text) for story in stories}
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
    return [_check(pk, minhash, sorted(candidates[pk]), known) for pk, minhash in minhashes.items()]


def _check(pk: int, minhash: bytes, others: Sequence[int], known: dict[int, bytes]) -> Check:
    found = dedupe.closest(minhash, [(other, known[other]) for other in others])
    return Check(
        story_id=pk,
        kind="near_duplicate",
        verdict=Verdict.REVIEW if found else Verdict.PASS,
        reason=ALIKE % {"share": f"{found[1]:.0%}", "story": found[0]} if found else "",
        other_id=found[0] if found else None,
        index_version=dedupe.INDEX_VERSION,
    )
