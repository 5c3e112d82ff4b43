"""Judges: what every machine that scores stories has in common, and how a stored version becomes one that runs."""

from functools import lru_cache

from curation.scoring.judges.base import Scorer
from curation.scoring.judges.embedded import CountingScorer, FittedScorer
from curation.scoring.judges.model_artifact import pack, unpack
from curation.scoring.models import JudgeVersion

__all__ = ["CountingScorer", "FittedScorer", "Scorer", "load", "pack", "unpack"]


@lru_cache(maxsize=4)
def load(version_id: int) -> Scorer:
    """Return the scorer of a judge version. Versions are frozen, so a worker keeps the last few that it used."""
    version = JudgeVersion.objects.select_related("rubric").get(pk=version_id)
    criteria = dict(version.rubric.criteria.values_list("key", "group"))
    if version.model_artifact is None:
        return CountingScorer(criteria)
    return FittedScorer(criteria, unpack(bytes(version.model_artifact), version.model_artifact_sha256))
