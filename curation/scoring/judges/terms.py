"""Words and word pairs with TF-IDF weights. Fitting and scoring share these functions, so they cannot drift apart."""

import math
import re
from collections import Counter
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
MOST_CHARS = 200_000


def terms(text: str) -> list[str]:
    """Lower-case words and pairs of neighbouring words of the first `MOST_CHARS` code points."""
    words = [word.replace("’", "'") for word in WORD.findall(text[:MOST_CHARS].lower())]
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def weigh(text: str, places: dict[str, int], idf: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """TF-IDF of one text: (places in the vocabulary, weights of unit length), both empty if no term is known.

    (1 + ln count) * idf, then divided by the Euclidean length: Manning, Raghavan & Schütze, Introduction to
    Information Retrieval (2008), section 6.4.
    """
    counts = Counter(place for term in terms(text) if (place := places.get(term)) is not None)
    where = np.fromiter(sorted(counts), dtype=np.intp, count=len(counts))
    weights = np.array([1 + math.log(counts[place]) for place in where.tolist()], dtype=np.float64) * idf[where]
    length = float(np.linalg.norm(weights))
    return where, weights / length if length else weights
