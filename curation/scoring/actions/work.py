"""Doing the work: hold a slot, lease slices, score with no transaction open, store, until nothing is due."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from curation.core.errors import NotFound
from curation.core.giving_way import giving_way
from curation.core.jobs import nudge
from curation.core.leases import Lease, LeaseLost
from curation.core.locks import SCORING_SLOT, try_lock
from curation.scoring.actions.creating import create_jobs
from curation.scoring.actions.jobs import Job, finish, free, jobs_of, put_off, take_jobs
from curation.scoring.actions.versions import ensure_embedded_judge
from curation.scoring.judges import load
from curation.scoring.models import JudgeVersion
from curation.scoring.models.judge import JudgeKind
from curation.scoring.queries import rubric_in_use
from curation.scoring.schema import ScoreDraft, StoryInput, check_answer
from curation.standards.models import Criterion
from curation.stories.models import Story

log = logging.getLogger(__name__)
SLOTS = 2
SLICE = 256


@contextmanager
def held_slot() -> Iterator[int | None]:
    """Hold one of the worker slots, or None if all are taken. PostgreSQL frees a slot when its holder dies."""
    with ExitStack() as stack:
        for slot in range(1, SLOTS + 1):
            if stack.enter_context(try_lock(SCORING_SLOT, slot)):
                yield slot
                return
        yield None


def work(*, seconds: float = 20.0) -> int | None:
    """Score what is due for up to `seconds`, wake the worker again if more is due, and return how many were scored.

    None means that every slot is taken: others are at it. Any number of calls at the same time, a kill at any moment
    and lost messages all end with one score per story, version and criterion.
    """
    until = time.monotonic() + seconds
    with held_slot() as slot:
        if slot is None:
            return None
        prepare()
        free_all(slot)
        create_jobs()
        done = 0
        while lease := next_slice(slot):
            with lease:
                done += score(lease)
            if time.monotonic() >= until:
                nudge("scoring.run")
                break
    return done


def free_all(slot: int) -> None:
    """Take back what the last holder of this slot left behind, and of each other slot that nobody holds now."""
    free(slot=slot)
    for other in set(range(1, SLOTS + 1)) - {slot}:
        with try_lock(SCORING_SLOT, other) as is_free:
            if is_free:
                free(slot=other)


def next_slice(slot: int) -> Lease | None:
    """Take jobs that are due; if there are none, those of stories that were checked meanwhile."""
    lease = take_jobs(slot=slot, limit=SLICE)
    if lease is None and create_jobs():
        lease = take_jobs(slot=slot, limit=SLICE)
    return lease


def prepare() -> None:
    """Make sure that the rubric in use has its embedded scorer, as soon as there is a story to score."""
    try:
        rubric = rubric_in_use()
    except NotFound:
        return
    embedded = JudgeVersion.objects.filter(rubric=rubric, active=True, judge__kind=JudgeKind.EMBEDDED)
    if embedded.exists() or not Story.objects.exists():
        return
    ensure_embedded_judge(rubric=rubric)


def score(lease: Lease) -> int:
    """Score a slice, version by version; returns how many stories were scored."""
    by_version: dict[int, list[Job]] = defaultdict(list)
    for job in jobs_of(lease):
        by_version[job.version].append(job)
    return sum(score_with(version, lease, jobs) for version, jobs in by_version.items())


def score_with(version: int, lease: Lease, jobs: list[Job]) -> int:
    """Score stories with one version. If a slice fails, each story is tried alone, so that one spoils no other."""
    rubric = JudgeVersion.objects.only("rubric_id").get(pk=version).rubric_id
    criteria = dict(Criterion.objects.filter(rubric_id=rubric).values_list("key", "pk"))
    wanted = Story.objects.filter(pk__any_of=[job.story for job in jobs]).values_list("pk", "text", "title", "language")
    stories = {pk: StoryInput(pk, text, title, language) for pk, text, title, language in wanted}
    present = [job for job in jobs if job.story in stories]
    try:
        answers = ask(version, [stories[job.story] for job in present], criteria)
    except Exception as error:
        if len(present) == 1:
            log.warning("could not score story %s: %s", present[0].story, error)
            put_off(lease=lease, job=present[0], error=error)
            return 0
        return sum(score_with(version, lease, [job]) for job in present)
    try:
        finish(lease=lease, jobs=present, answers=answers, criteria=criteria)
    except LeaseLost:
        log.warning("%s stories were scored by another worker meanwhile", len(present))
        return 0
    return len(present)


def ask(version_id: int, stories: list[StoryInput], criteria: dict[str, int]) -> Sequence[Sequence[ScoreDraft]]:
    """Ask the judge, and check every answer before any is stored."""
    answers = giving_way(load(version_id).score, stories)
    for story, drafts in zip(stories, answers, strict=True):
        check_answer(drafts, criteria, story.text)
    return answers
