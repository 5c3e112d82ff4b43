"""Asking a judge the same questions again, to notice when it has changed under the same name."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.calibration.models import Probe, ProbeStory
from curation.calibration.queries.pool import pool_of
from curation.calibration.statistics.drift import LEAST_STORIES, drift
from curation.core.giving_way import giving_way
from curation.core.statistics import Floats
from curation.scoring.judges import load
from curation.scoring.models import JudgeVersion, Score
from curation.scoring.schema import StoryInput
from curation.standards.models import Rubric
from curation.stories.models import Story
from curation.stories.stages import State
from curation.webhooks.emitting import emit

# So many stories tell a change of half a point in a judge that is off by as much from itself.
STORIES = 30
# What each of the stories is given, by criterion key.
Answers = Mapping[int, Mapping[str, float]]


def probe_stories(rubric: Rubric) -> list[int]:
    """The stories of a rubric's probe, chosen once: in the order of their fingerprints, which is as good as chance.

    Empty while the pool has not so many.
    """
    with transaction.atomic():
        Rubric.objects.select_for_update(no_key=True).get(pk=rubric.pk)
        kept = ProbeStory.objects.filter(rubric=rubric)
        if kept.exists():
            # Of one that was purged nobody can be asked any more.
            left = kept.exclude(story__stage__state=State.PURGED).order_by("story_id")
            return list(left.values_list("story_id", flat=True))
        chosen = list(pool_of().order_by("normal_sha256").values_list("pk", flat=True)[:STORIES])
        if len(chosen) < STORIES:
            return []
        ProbeStory.objects.bulk_create(ProbeStory(rubric=rubric, story_id=pk) for pk in sorted(chosen))
        return sorted(chosen)


def ask_embedded(version: JudgeVersion, stories: Sequence[int]) -> Answers:
    """What a judge that costs nothing says of the probe now; it is asked here and stores no score."""
    found = Story.objects.only("text", "title", "language").in_bulk(stories)
    asked = [StoryInput(id=pk, text=s.text, title=s.title, language=s.language) for pk, s in sorted(found.items())]
    answers = giving_way(load(version.pk).score, asked)
    return {
        story.id: {draft.criterion: draft.value for draft in drafts}
        for story, drafts in zip(asked, answers, strict=True)
    }


def record_probe(*, version: JudgeVersion, answers: Answers) -> Probe | None:
    """Keep what `version` answered to its probe, and say whether it has changed since it was first asked.

    The first two times are the measure of how far the judge is from itself; None after the first of them. Each later
    one takes the place of the last. A change is put on record once.
    """
    with transaction.atomic():
        JudgeVersion.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=version.pk)
        told = {str(story): dict(values) for story, values in answers.items()}
        probe = Probe.objects.filter(judge_version=version).first()
        if probe is None:
            Probe.objects.create(judge_version=version, first=told, again={}, now={})
            return None
        if not probe.again:
            probe.again = told
        probe.now = told
        compare(probe)
        probe.save()
    return probe


def compare(probe: Probe) -> None:
    """Fill in what the three readings say of a change, and note the first one."""
    keys = sorted({key for answers in (probe.first, probe.now) for values in answers.values() for key in values})
    tables = [as_table(answers, sorted(probe.first), keys) for answers in (probe.first, probe.again, probe.now)]
    found = drift(*tables)
    probe.moved, probe.noise = found.moved, found.noise
    probe.shift = {
        key: round(float(shift), 3)
        for key, shift, shifted in zip(keys, found.shift, found.shifted, strict=True)
        if shifted
    }
    if not found.alarm:
        probe.changed_at = None
    elif probe.changed_at is None:
        probe.changed_at = timezone.now()
        record(
            actor=SYSTEM,
            verb="judge_version.changed",
            target=probe.judge_version,
            moved=round(found.moved, 3),
            n=found.n,
        )
        version = probe.judge_version
        emit(event="judge.drifted", thing="judge", key=version.judge.key, version=version.number, stories=found.n)


def as_table(answers: Mapping[str, Mapping[str, float]], stories: Sequence[str], keys: Sequence[str]) -> Floats:
    """Answers as an array of shape (stories, keys), NaN where there is none."""
    nothing = float("nan")
    rows = [[answers.get(story, {}).get(key, nothing) for key in keys] for story in stories]
    return np.array(rows, np.float64).reshape(len(stories), len(keys))


def probe_by_scores(*, version: JudgeVersion) -> Probe | None:
    """Compare what a judge that is paid said of the probe's stories, in runs, with what it says of them by now.

    A reading is one sample of a version that asks the same of the same model; the first two are the measure, the newest
    is what it says now. None until a later version than the first has been asked. Nothing is asked here.
    """
    stories = probe_stories(version.rubric)
    rows = Score.objects.filter(judge_version__in=asking_the_same(version), story__in=stories)
    read: dict[tuple[int, int], dict[str, dict[str, float]]] = {}
    for number, sample, story, key, value in rows.values_list(
        "judge_version__number", "sample", "story_id", "criterion__key", "value"
    ):
        if value is not None:
            read.setdefault((number, sample), {}).setdefault(str(story), {})[key] = value
    whole = sorted(reading for reading, answers in read.items() if len(answers) >= LEAST_STORIES)
    if len(whole) < 3 or whole[-1][0] == whole[0][0]:
        return None
    first, again, now = (read[reading] for reading in (whole[0], whole[1], whole[-1]))
    with transaction.atomic():
        JudgeVersion.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=version.pk)
        kept = {"first": first, "again": again, "now": now}
        probe, made = Probe.objects.get_or_create(judge_version=version, defaults=kept)
        if made or probe.now != now:
            probe.first, probe.again, probe.now = first, again, now
            compare(probe)
            probe.save()
    return probe


def asking_the_same(version: JudgeVersion) -> QuerySet[JudgeVersion]:
    """The version itself and the earlier ones that ask the same model the same in the same way."""
    return JudgeVersion.objects.filter(
        judge=version.judge_id,
        rubric=version.rubric_id,
        constitution=version.constitution_id,
        provider=version.provider_id,
        model=version.model,
        prompt_version=version.prompt_version,
        prompt=version.prompt,
        temperature=version.temperature,
        effort=version.effort,
        number__lte=version.number,
    )


def probe_what_is_due(*, version: JudgeVersion, every: float) -> Probe | None:
    """Ask an embedded version its probe if it was not asked for `every` seconds; None if it was, or cannot be yet."""
    last = Probe.objects.filter(judge_version=version).values_list("asked_at", flat=True).first()
    if last is not None and (timezone.now() - last).total_seconds() < every:
        return None
    stories = probe_stories(version.rubric)
    if not stories:
        return None
    if last is None:
        record_probe(version=version, answers=ask_embedded(version, stories))
    return record_probe(version=version, answers=ask_embedded(version, stories))
