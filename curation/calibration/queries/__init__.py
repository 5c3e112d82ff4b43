"""Reading human ratings: what machines are held against, and how far people agree."""

from curation.calibration.queries.agreement import Agreement, agreement
from curation.calibration.queries.labels import Labels, labelled_count, labels
from curation.calibration.queries.quality import Quality, Trust, quality_of, trust_in, trust_in_each
from curation.calibration.queries.readings import Readings, readings, review_count, score_count

__all__ = [
    "Agreement",
    "Labels",
    "Quality",
    "Readings",
    "Trust",
    "agreement",
    "labelled_count",
    "labels",
    "quality_of",
    "readings",
    "review_count",
    "score_count",
    "trust_in",
    "trust_in_each",
]
