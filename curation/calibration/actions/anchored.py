"""Measuring whether those who see what the model said move towards it."""

import numpy as np

from curation.calibration.models import Anchoring
from curation.calibration.queries.revisions import Revisable, revisable
from curation.calibration.statistics.anchoring import arms, towards
from curation.core.giving_way import giving_way
from curation.core.statistics import Estimate, Floats, ratio_with_interval
from curation.scoring.models import JudgeVersion

# The figures rest on at most so many reviews, the newest.
MOST = 5_000


def measure_anchoring(*, version: JudgeVersion) -> None:
    """Measure how far reviews moved towards `version`, after a look at it and between those drawn and not drawn."""
    found = revisable(version, newest=MOST)
    Anchoring.objects.update_or_create(judge_version=version, defaults=giving_way(figures_of, found))


def figures_of(found: Revisable) -> dict[str, object]:
    """The fields of `Anchoring`. A review moved by the mean over the criteria that both it and the judge rated."""
    moved = movement(found)
    told = np.isfinite(moved)
    seen, drawn = told & found.seen, told & found.drawn
    reviewers = np.array(found.reviewers)
    after = np.where(found.revised, moved, 0.0)
    whole = ratio_with_interval(after[seen], np.ones(int(seen.sum())), reviewers[seen].tolist())
    compared = arms(moved[drawn], found.shown[drawn], reviewers[drawn].tolist())
    return {
        "seen": int(seen.sum()),
        "revised": int((seen & found.revised).sum()),
        **fields("moved", whole),
        "n_shown": compared.shown.n,
        **fields("shown", compared.shown),
        "n_hidden": compared.hidden.n,
        **fields("hidden", compared.hidden),
        **fields("difference", compared.difference),
    }


def movement(found: Revisable) -> Floats:
    """How much nearer to the judge each review came (r), the mean over its criteria; NaN where none can be told."""
    each = towards(found.committed, found.later, found.judged)
    known = np.isfinite(each)
    sums, counts = np.where(known, each, 0.0).sum(axis=1), known.sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def fields(name: str, found: Estimate) -> dict[str, float | None]:
    """An estimate as three fields; the database has no use for NaN."""
    values = {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    return {key: None if np.isnan(value) else value for key, value in values.items()}
