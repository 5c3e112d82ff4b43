"""Fitting the embedded scorer: TF-IDF on the pool, a ridge regression per criterion, held-out predictions, calibration.

No database: texts and labels in, an artifact out. The same input gives the same artifact.
"""

from curation.calibration.fit.scorer import Fitted, fit

__all__ = ["Fitted", "fit"]
