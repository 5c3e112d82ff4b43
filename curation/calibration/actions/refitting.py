"""Learning anew from the ratings, when there are enough more of them."""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from curation.calibration.actions.measuring import measure
from curation.calibration.actions.probing import probe_by_scores, probe_what_is_due
from curation.calibration.actions.pruning import prune_scores
from curation.calibration.fit import Fitted, fit
from curation.calibration.queries import labelled_count, labels
from curation.core.giving_way import giving_way
from curation.core.locks import CALIBRATION_REFIT, try_lock
from curation.scoring.actions import adopt
from curation.scoring.judges import pack
from curation.scoring.models import JudgeVersion
from curation.scoring.models.judge import JudgeKind
from curation.scoring.queries import LEAST_LABELS, calibration_status_for
from curation.standards.models import Rubric
from curation.stories.families import families
from curation.stories.models import Story
from curation.stories.stages import State

GROWTH = 1.2
# More texts and labels than these teach such a simple model little, and a fit is to take a minute, not ten.
MOST_POOL = 2_000
MOST_LABELLED = 2_000
# How often an embedded version is asked its probe, in seconds: it costs nothing, and changes with the program at most.
PROBED_EVERY = 86_400


def due(*, labels: int, learnt_from: int) -> bool:
    """Whether to fit anew, given how many stories are rated now and how many were at the last fit."""
    if labels < LEAST_LABELS:
        return False
    return calibration_status_for(labels) != calibration_status_for(learnt_from) or labels >= learnt_from * GROWTH


def refit(*, rubric: Rubric) -> JudgeVersion | None:
    """Fit a new version for `rubric` and hand it to scoring; None when there are not enough labels.

    Takes seconds to a minute and keeps no transaction open meanwhile. The texts that the words are weighed by are a
    sample of the pool in the order of their fingerprints, which is as good as chance and always the same.
    """
    human = labels(rubric)
    # One that was purged has ratings, and no words to learn from.
    written = Story.objects.exclude(stage__state=State.PURGED)
    texts = dict(written.filter(pk__in=human.stories[-MOST_LABELLED:].tolist()).values_list("pk", "text"))
    there = np.isin(human.stories, list(texts))
    stories = human.stories[there]
    pool = list(written.order_by("normal_sha256").values_list("text", flat=True)[:MOST_POOL])
    if len(stories) < LEAST_LABELS:
        return None
    family_of = families()
    fitted = giving_way(
        on_one_core,
        pool=pool,
        stories=stories,
        families=np.array([family_of.get(story, story) for story in stories.tolist()], dtype=np.int64),
        texts=[texts[story] for story in stories.tolist()],
        keys=human.keys,
        means=human.means[there],
    )
    if not fitted.artifact.curves:
        return None
    artifact, sha256 = pack(fitted.artifact)
    n = max(curve.n for curve in fitted.artifact.curves.values())
    return adopt(
        rubric=rubric,
        model="TF-IDF and ridge",
        calibration_status=calibration_status_for(n),
        n_labels=n,
        parameters={**fitted.parameters, "labels_known": int(np.isfinite(human.means).sum(axis=0).max())},
        model_artifact=artifact,
        model_artifact_sha256=sha256,
    )


def on_one_core(**given: Any) -> Fitted:
    """Return what `fit` returns, computed on one processor core, so that the others are left to whoever reads."""
    with threadpool_limits(limits=1):
        return fit(**given)


def known_to(version: JudgeVersion) -> int:
    """How many rated stories there were when the version was fitted, learnt from or not."""
    return int(version.parameters.get("labels_known", version.n_labels))


def refit_what_is_due() -> int:
    """Refit the embedded scorer of every rubric that has one, and measure all judges; returns how many are new.

    Each active version is measured, whatever kind of judge it is. What newer embedded versions replaced is dropped.
    """
    fitted = 0
    with try_lock(CALIBRATION_REFIT, 0) as got:
        if not got:
            return 0
        active = JudgeVersion.objects.filter(active=True).defer("model_artifact").order_by("pk")
        for version in active.select_related("judge", "rubric", "calibration"):
            newest, embedded = version, version.judge.kind == JudgeKind.EMBEDDED
            if embedded and due(labels=labelled_count(version.rubric), learnt_from=known_to(version)):
                newest = refit(rubric=version.rubric) or version
                fitted += newest != version
            measure(version=newest)
            if embedded:
                probe_what_is_due(version=newest, every=PROBED_EVERY)
            else:
                probe_by_scores(version=newest)
        prune_scores()
    return fitted
