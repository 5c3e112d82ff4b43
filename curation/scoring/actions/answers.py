"""Answers of models: kept as they came before anything is read in them, then read, then scores.

A worker calls `keep_answers` for what it has paid for, and then `finish_answers`. One that was stopped in between, or
finds an answer that nobody has read (`unread`), has nothing to pay for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from curation.core.leases import Lease, LeaseLost
from curation.core.plain_text import storable
from curation.scoring.actions.announcing import tell_of_stories
from curation.scoring.actions.asking import Questions
from curation.scoring.actions.scores import NewScore, insert_scores
from curation.scoring.actions.stages import move_on
from curation.scoring.models import AnswerReading, JudgeAnswer, JudgeVersion, ScoreJob, ScoreRun
from curation.scoring.models.job import JobState
from curation.scoring.reading import Reading, ReadingFailed
from curation.scoring.schema import StoryInput, shortened

REASON = 300


@dataclass(frozen=True)
class Received:
    """What came for one job, and the row of the ledger (`spend`) that it is paid by."""

    job: int
    story: int
    sample: int
    raw: str
    spend: int
    response_id: str = ""
    stop_reason: str = ""


@dataclass(frozen=True)
class Read:
    """An answer with what was read in it, or why nothing was."""

    answer: JudgeAnswer
    reading: Reading | ReadingFailed


def keep_answers(*, run: ScoreRun, received: Sequence[Received]) -> list[JudgeAnswer]:
    """Store what came, word for word, and return the rows in the same order.

    Whether the jobs are still the caller's plays no part: what was paid for is kept. What the database cannot hold of
    an answer (null characters, lone surrogates) is stored as the replacement character.
    """
    version = run.judge_version_id
    with transaction.atomic():
        # Two answers to one job are numbered one after the other.
        jobs = ScoreJob.objects.filter(pk__in=[one.job for one in received]).order_by("pk")
        list(jobs.select_for_update(no_key=True).values_list("pk"))
        there = JudgeAnswer.objects.filter(judge_version=version, story__in=[one.story for one in received])
        last: dict[tuple[int, int], int] = {}
        for story, sample, attempt in there.values_list("story", "sample").annotate(Max("attempt")):
            last[story, sample] = attempt
        rows = []
        for one in received:
            key = (one.story, one.sample)
            last[key] = last.get(key, 0) + 1
            rows.append(
                JudgeAnswer(
                    run=run,
                    story_id=one.story,
                    judge_version_id=version,
                    sample=one.sample,
                    attempt=last[key],
                    raw=_storable(one.raw),
                    response_id=_storable(one.response_id)[:200],
                    stop_reason=_storable(one.stop_reason)[:40],
                    spend_id=one.spend,
                )
            )
        return JudgeAnswer.objects.bulk_create(rows)


def unread(version: JudgeVersion, stories: Collection[int]) -> list[JudgeAnswer]:
    """Return the answers to `version` about these stories (ids) in which it has read nothing yet, oldest first."""
    found = JudgeAnswer.objects.filter(judge_version=version, story__in=stories)
    return list(found.exclude(readings__judge_version=version).order_by("pk"))


def read_answers(questions: Questions, answers: Iterable[JudgeAnswer], stories: Mapping[int, StoryInput]) -> list[Read]:
    """Read answers, without the database; of a story that is gone there is nothing to read."""
    return [
        Read(answer, _read(questions, answer, stories[answer.story_id]))
        for answer in answers
        if answer.story_id in stories
    ]


def store_readings(*, questions: Questions, read: Sequence[Read]) -> None:
    """Store what was read, and the scores that follow. What is there already stays: reading twice changes nothing."""
    version = questions.version
    with transaction.atomic():
        AnswerReading.objects.bulk_create(
            [AnswerReading(answer=one.answer, judge_version=version, **_kept(one.reading)) for one in read],
            ignore_conflicts=True,
        )
        insert_scores([score for one in read for score in _scores(questions, one)])


def finish_answers(*, lease: Lease, questions: Questions, jobs: Mapping[int, int], read: Sequence[Read]) -> None:
    """Store what was read, close the jobs of the answers that could be, and put the others off.

    `jobs` maps an answer's id to its job's. The readings are stored whether or not the lease still holds; a job that is
    somebody else's by now is left to them. A sample whose answer could not be read is asked for again, up to the
    attempts that a job has, and has failed then.
    """
    done = {jobs[one.answer.pk]: one.answer.story_id for one in read if isinstance(one.reading, Reading)}
    with transaction.atomic():
        store_readings(questions=questions, read=read)
        with suppress(LeaseLost), lease.storing() as held:
            mine = sorted(done.keys() & set(held))
            lease.only(mine).end(JobState.DONE, done_at=Now(), last_error="")
            move_on(stories=[done[job] for job in mine])
            tell_of_stories(version=questions.version.pk, stories=[done[job] for job in mine])
    for one in read:
        if isinstance(one.reading, ReadingFailed):
            with suppress(LeaseLost):
                failed = lease.only([jobs[one.answer.pk]])
                failed.put_off(one.reading, reason=one.reading.kept_back, unknown=True)


def _read(questions: Questions, answer: JudgeAnswer, story: StoryInput) -> Reading | ReadingFailed:
    try:
        return questions.read(answer.raw, story)
    except ReadingFailed as error:
        return error


def _kept(reading: Reading | ReadingFailed) -> dict[str, Any]:
    if isinstance(reading, ReadingFailed):
        return {"fault": reading.fault, "reason": reading.reason[:REASON]}
    flags = [
        {"key": flag.key, "reason": flag.reason, "passages": [[one.start, one.end] for one in flag.quotes]}
        for flag in reading.flags
    ]
    behaviours = [{**asdict(one), "passage": [one.passage.start, one.passage.end]} for one in reading.behaviours]
    return {
        "found": {
            "themes": list(reading.themes),
            "flags": flags,
            "behaviours": behaviours,
            "honeypot": reading.honeypot,
            "honeypot_reason": reading.honeypot_reason,
            "no_ai_character": reading.no_ai_character,
        }
    }


def _scores(questions: Questions, one: Read) -> list[NewScore]:
    if isinstance(one.reading, ReadingFailed):
        return []
    return [
        {
            "story": one.answer.story_id,
            "version": questions.version.pk,
            "criterion": questions.criteria[key],
            "sample": one.answer.sample,
            "value": None if said.value is None else float(said.value),
            "deviation": None,
            "rationale": said.rationale,
            "quotes": shortened(passage.quote for passage in said.quotes),
        }
        for key, said in one.reading.criteria.items()
    ]


def _storable(words: str) -> str:
    return words if storable(words) else words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
