"""The inputs of the regression: reduced TF-IDF of the words, and the counts of the heuristics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.scoring import heuristics
from curation.scoring.judges.embedded import dense
from curation.scoring.judges.terms import terms, weigh

Floats = NDArray[np.float64]
MOST_TERMS = 6_000
MOST_COMPONENTS = 100


@dataclass(frozen=True)
class Words:
    """The weighing fitted on the pool; the fields are those of the artifact."""

    vocabulary: list[str]
    idf: Floats
    components: Floats
    scale: float

    def columns(self, texts: Sequence[str]) -> Floats:
        """Reduced TF-IDF of each text, shape (texts, components)."""
        places = {term: place for place, term in enumerate(self.vocabulary)}
        table = np.zeros((len(texts), self.components.shape[0]))
        for row, text in enumerate(texts):
            where, weights = weigh(text, places, self.idf)
            table[row] = self.components[:, where] @ weights * self.scale
        return table


def fit_words(pool: Sequence[str]) -> Words:
    """Fit the vocabulary, its weights and its main directions on the texts of the pool, no ratings involved."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(
        analyzer=terms, sublinear_tf=True, min_df=min(3, len(pool)), max_df=0.9, max_features=MOST_TERMS
    )
    try:
        table = vectoriser.fit_transform(pool)
    except ValueError:
        # Too few or too similar texts: no term is neither rare nor everywhere.
        return Words([], np.zeros(0), np.zeros((0, 0)), 1.0)
    rank = min(MOST_COMPONENTS, *(size - 1 for size in table.shape))
    if rank < 1:
        return Words([], np.zeros(0), np.zeros((0, 0)), 1.0)
    directions = TruncatedSVD(n_components=rank, random_state=0).fit(table)
    length = float(np.linalg.norm(directions.transform(table), axis=1).mean())
    return Words(
        vocabulary=[str(term) for term in vectoriser.get_feature_names_out()],
        idf=vectoriser.idf_.astype(np.float64),
        components=directions.components_.astype(np.float64),
        scale=1 / length if length else 1.0,
    )


def counted(texts: Sequence[str]) -> Floats:
    """The heuristics' counts of each text, shape (texts, counts)."""
    return np.stack([dense(heuristics.read(text)) for text in texts])
