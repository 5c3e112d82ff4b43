"""Ensembles at work: weighing their judges anew when more is known of them, and combining what those say of stories."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Max
from numpy.typing import NDArray

from curation.calibration.actions.pruning import prune_ensemble
from curation.calibration.actions.refitting import MOST_LABELLED, due
from curation.calibration.fit.combining import Combination, combine
from curation.calibration.queries import Labels, labelled_count, labels
from curation.calibration.queries.predictions import predictions
from curation.core.giving_way import giving_way
from curation.core.locks import CALIBRATION_REFIT, try_lock
from curation.core.statistics import Floats
from curation.scoring.actions import insert_scores, new_ensemble_version
from curation.scoring.actions.scores import NewScore
from curation.scoring.models import JudgeVersion, Score
from curation.scoring.models.judge import JudgeKind
from curation.scoring.queries import LEAST_LABELS, calibration_status_for
from curation.scoring.schema import over_samples
from curation.scoring.telling import COMBINED, MEAN_OF
from curation.stories.families import families
from curation.stories.stages import UNDECIDED

SLICE = 1_000
# The second number of the lock: one process at a time weighs and combines.
ENSEMBLES = 1
# What was said since the last look is looked at each time. All undecided stories are, when this process begins and so
# often, in seconds: for a story whose last sample failed, and one that was opened again.
LOOKS_EVERYWHERE = 600.0
# Scores are numbered before they are stored, so some of those before the newest may be new as well.
STORED_LATE = 20_000
# By ensemble: the newest score of all at the last look, and when all stories were last looked at.
LOOKED: dict[tuple[int, datetime], tuple[int, float]] = {}
# A story is combined once every member is through with it, all samples: what is stored of it never changes.
READY = """
WITH {since}missing AS MATERIALIZED (
  SELECT stage.story_id FROM {among} WHERE stage.state = ANY(%(states)s)
    AND NOT EXISTS (SELECT FROM scoring_score score
                    WHERE score.story_id = stage.story_id AND score.judge_version_id = %(version)s)
)
SELECT missing.story_id FROM missing
WHERE (SELECT count(*) FROM unnest(%(members)s::bigint[]) AS member
       WHERE EXISTS (SELECT FROM scoring_score score
                     WHERE score.story_id = missing.story_id AND score.judge_version_id = member)
         AND NOT EXISTS (SELECT FROM scoring_scorejob job
                         WHERE job.story_id = missing.story_id AND job.judge_version_id = member
                           AND job.state IN ('pending', 'leased', 'sent'))) = %(all)s
ORDER BY missing.story_id LIMIT %(slice)s
"""
SAID_SINCE = """said AS MATERIALIZED (
  SELECT DISTINCT score.story_id FROM scoring_score score
  WHERE score.id > %(since)s AND score.judge_version_id = ANY(%(members)s)
), """
EVERYWHERE, AMONG = "stories_stage stage", "said JOIN stories_stage stage ON stage.story_id = said.story_id"


@dataclass(frozen=True)
class Said:
    """What `members` said of rated stories: `judged` has shape (stories, members, criteria), NaN where nothing."""

    members: Sequence[JudgeVersion]
    judged: Floats

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Of which stories each of them said something, shape (stories)."""
        return np.asarray(np.isfinite(self.judged).sum(axis=2).min(axis=1) > 0)


def combine_what_is_due() -> int:
    """Weigh the judges of every ensemble anew where it is time, and combine what they said since; counts the stories.

    Nothing where another process is at it.
    """
    combined = 0
    with try_lock(CALIBRATION_REFIT, ENSEMBLES) as got:
        if not got:
            return 0
        at_work = JudgeVersion.objects.filter(active=True, judge__kind=JudgeKind.ENSEMBLE).order_by("pk")
        for version in at_work.select_related("judge", "rubric"):
            made = weigh_anew(version=version)
            combined += combine_scores(version=made or version)
            if made is not None:
                prune_ensemble(version=made)
    return combined


def weigh_anew(*, version: JudgeVersion) -> JudgeVersion | None:
    """Make the next version of an ensemble if more rated stories, or newer versions of its judges, ask for one.

    A newer version of a judge takes the place of the one before once it has said something of as many rated stories as
    weighing takes; in an ensemble that weighs nothing yet, at once. None where there is no reason for a new version.
    """
    before = members_of(version)
    human = newest(labels(version.rubric))
    said = gathered(version, before, human)
    complete, learnt_from = int(said.complete.sum()), int(version.parameters.get("complete", 0))
    if said.members == before and not due(labels=complete, learnt_from=learnt_from):
        return None
    family_of = families()
    combination, values = giving_way(
        combine,
        keys=human.keys,
        judged=said.judged,
        means=human.means,
        families=np.array([family_of.get(story, story) for story in human.stories.tolist()], dtype=np.int64),
    )
    n = max((one["n"] for one in combination.facts.values()), default=0)
    with transaction.atomic():
        made = new_ensemble_version(
            judge=version.judge,
            rubric=version.rubric,
            members=said.members,
            calibration_status=calibration_status_for(n),
            n_labels=n,
            parameters={
                "criteria": combination.facts,
                "complete": complete,
                "labels_known": labelled_count(version.rubric),
            },
        )
        # What it says of the stories that it was fitted to is what was said without their labels.
        store(made, human.stories[said.complete], values[said.complete], human.keys)
    return made


def members_of(version: JudgeVersion) -> list[JudgeVersion]:
    """The versions that a version of an ensemble combines, in the order in which they were chosen."""
    found = version.members.select_related("member__judge").order_by("pk")
    return [one.member for one in found]


def newest(human: Labels) -> Labels:
    """The labels of the newest `MOST_LABELLED` stories."""
    last = slice(-MOST_LABELLED, None)
    return Labels(human.stories[last], human.generators[last], human.keys, human.means[last])


def gathered(version: JudgeVersion, before: Sequence[JudgeVersion], human: Labels) -> Said:
    """What the judges of an ensemble say of rated stories, each by the version that speaks for it now."""
    active = JudgeVersion.objects.filter(
        judge__in=[member.judge_id for member in before], rubric=version.rubric, active=True
    )
    now = {one.judge_id: one for one in active.select_related("judge")}
    weighs = bool(version.parameters.get("criteria"))
    members, judged = [], []
    for old in before:
        new = now.get(old.judge_id, old)
        table = predictions(new, human.stories, human.keys)
        if new != old and weighs and np.isfinite(table).any(axis=1).sum() < LEAST_LABELS:
            new, table = old, predictions(old, human.stories, human.keys)
        members.append(new)
        judged.append(table)
    return Said(members, np.stack(judged, axis=1))


def combine_scores(*, version: JudgeVersion) -> int:
    """Score every undecided story on which all members of an ensemble are through; returns how many there were."""
    members = [member.pk for member in members_of(version)]
    keys = list(version.rubric.criteria.values_list("key", flat=True))
    combination, done = Combination(version.parameters.get("criteria", {})), 0
    mark, now, newest_score = (version.pk, version.created_at), time.monotonic(), Score.objects.aggregate(Max("pk"))
    since, looked = LOOKED.get(mark, (None, now))
    if since is not None and now - looked > LOOKS_EVERYWHERE:
        since, looked = None, now
    while stories := ready(version, members, since=since):
        judged = said_of(stories, members, keys)
        values = [combination.values(key, judged[:, :, column])[0] for column, key in enumerate(keys)]
        store(version, np.array(stories), np.stack(values, axis=1), keys)
        done += len(stories)
    LOOKED[mark] = (max(0, (newest_score["pk__max"] or 0) - STORED_LATE), looked)
    return done


def ready(version: JudgeVersion, members: Sequence[int], *, since: int | None = None) -> list[int]:
    """The next stories to combine (ids): of all that are undecided, or of those with a score after `since` (its id)."""
    states = sorted(state.value for state in UNDECIDED)
    given: dict[str, Any] = {
        "states": states,
        "version": version.pk,
        "members": list(members),
        "all": len(members),
        "slice": SLICE,
        "since": since,
    }
    with connection.cursor() as cursor:
        parts = {"since": "", "among": EVERYWHERE} if since is None else {"since": SAID_SINCE, "among": AMONG}
        cursor.execute(READY.format(**parts), given)
        return [story for (story,) in cursor.fetchall()]


def said_of(stories: Sequence[int], members: Sequence[int], keys: Sequence[str]) -> Floats:
    """What each member said of each story over its samples, shape (stories, members, criteria)."""
    places = tuple({one: place for place, one in enumerate(many)} for many in (stories, members, keys))
    samples: dict[tuple[int, int, int], list[float | None]] = defaultdict(list)
    rows = Score.objects.filter(story__in=stories, judge_version__in=members)
    for story, member, key, value in rows.values_list("story_id", "judge_version_id", "criterion__key", "value"):
        samples[places[0][story], places[1][member], places[2][key]].append(value)
    table = np.full((len(stories), len(members), len(keys)), np.nan)
    for cell, values in samples.items():
        mean = over_samples(values)[0]
        table[cell] = np.nan if mean is None else mean
    return table


def store(version: JudgeVersion, stories: NDArray[np.int64], values: Floats, keys: Sequence[str]) -> None:
    """Store the scores of stories (n), from `values` (n, criteria); NaN is N/A."""
    criteria = dict(version.rubric.criteria.values_list("key", "pk"))
    facts, n = version.parameters.get("criteria", {}), version.members.count()
    for start in range(0, len(stories), SLICE):
        part = range(start, min(start + SLICE, len(stories)))
        scores: list[NewScore] = [
            {
                "story": int(stories[row]),
                "version": version.pk,
                "criterion": criteria[key],
                "sample": 0,
                "value": float(values[row, column]) if np.isfinite(values[row, column]) else None,
                "deviation": facts[key]["error"] if key in facts else None,
                "rationale": (COMBINED if key in facts else MEAN_OF) % {"n": n},
                "quotes": [],
            }
            for row in part
            for column, key in enumerate(keys)
        ]
        insert_scores(scores)
