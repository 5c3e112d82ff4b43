"""The embedded scorer: word counts until enough stories are rated, then what was learnt from the ratings."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curation.scoring import heuristics
from curation.scoring.heuristics.features import SENTENCE
from curation.scoring.judges.model_artifact import Curve, ModelArtifact
from curation.scoring.judges.terms import MOST_CHARS, weigh
from curation.scoring.schema import ScoreDraft, StoryInput, in_range, shortened

Floats = NDArray[np.float64]
LEAST_DEVIATION = 0.2
SHOWN_TERMS = 3


def dense(features: heuristics.Features) -> Floats:
    """The counts as input columns: family rates on a log scale, then dialogue, variety, rhythm and repetition."""
    rates = np.log2(np.array(list(features.rates.values())) + 1)
    return np.append(rates, [features.dialogue, features.variety, features.rhythm, features.repeated])


class CountingScorer:
    """The first version: nothing learnt yet. `criteria` maps key to group, in the rubric's order."""

    def __init__(self, criteria: dict[str, str]) -> None:
        self.criteria = criteria

    def score(self, stories: Sequence[StoryInput]) -> list[list[ScoreDraft]]:
        """Score each story by counting words."""
        return [heuristics.drafts(story, heuristics.read(story.text), self.criteria) for story in stories]


class FittedScorer:
    """A later version. Criteria with too few ratings to learn from are still scored by counting words."""

    def __init__(self, criteria: dict[str, str], artifact: ModelArtifact) -> None:
        self.criteria, self.artifact = criteria, artifact
        self.places = {term: place for place, term in enumerate(artifact.vocabulary)}
        self.rows = {story: row for row, story in enumerate(artifact.labelled.tolist())}
        self.columns = {key: column for column, key in enumerate(artifact.curves)}

    def score(self, stories: Sequence[StoryInput]) -> list[list[ScoreDraft]]:
        """Score each story on every criterion of the rubric."""
        return [self.one(story) for story in stories]

    def one(self, story: StoryInput) -> list[ScoreDraft]:
        """Score one story: fitted criteria by the fit, the others by counting words."""
        fit = self.artifact
        features = heuristics.read(story.text)
        where, weights = weigh(story.text, self.places, fit.idf)
        components = fit.components[:, where] * fit.scale
        inputs = np.concatenate([components @ weights, (dense(features) - fit.mean) / fit.sd, [1.0]])
        row = self.rows.get(story.id)
        counted = {key: group for key, group in self.criteria.items() if key not in fit.curves}
        answers = heuristics.drafts(story, features, counted)
        for key, curve in fit.curves.items():
            held_out = None if row is None else float(fit.held_out[row, self.columns[key]])
            value, deviation = predict(curve, inputs)
            reasons = [f"Learnt from {curve.n} rated stories."]
            if held_out is not None and np.isfinite(held_out):
                value = held_out
                reasons.append("Predicted without looking at this story’s own ratings.")
            parts = weights * (curve.weights[: len(components)] @ components)
            raising, lowering = self.leading(where, parts)
            if raising:
                reasons.append(f"Words that go with higher ratings here: {listed(raising)}.")
            if lowering:
                reasons.append(f"Words that go with lower ones: {listed(lowering)}.")
            quotes = containing(story.text, raising if parts.sum() >= 0 else lowering)
            answers.append(ScoreDraft(key, in_range(value), deviation, " ".join(reasons), quotes))
        return sorted(answers, key=lambda answer: list(self.criteria).index(answer.criterion))

    def leading(self, where: NDArray[np.intp], parts: Floats) -> tuple[list[str], list[str]]:
        """The terms of a story that raise its value most, and those that lower it most."""
        order = np.argsort(parts, kind="stable")
        raising = [self.artifact.vocabulary[where[place]] for place in order[::-1][:SHOWN_TERMS] if parts[place] > 0]
        lowering = [self.artifact.vocabulary[where[place]] for place in order[:SHOWN_TERMS] if parts[place] < 0]
        return raising, lowering


def predict(curve: Curve, inputs: Floats) -> tuple[float, float]:
    """Value and standard deviation of one story, in rating points.

    The deviation is what held-out stories were missed by, and more (or less) than that where the bootstrap draws
    disagree more (or less) than they do on average.
    """
    x, y = curve.knots
    value = float(np.interp(float(inputs @ curve.weights), x, y))
    slope = float(np.ptp(y) / max(float(np.ptp(x)), 1e-9))
    bootstrap_variance = float((curve.draws @ inputs).var()) * slope**2
    return value, max(
        LEAST_DEVIATION, float(np.sqrt(max(curve.error**2 - curve.bootstrap_variance, 0.0) + bootstrap_variance))
    )


def listed(words: list[str]) -> str:
    """Words in quotation marks, with commas."""
    return ", ".join(f"“{word}”" for word in words)


def containing(text: str, words: list[str]) -> tuple[str, ...]:
    """For each term the first sentence of the text that holds it, word for word; two sentences at most."""
    found = []
    for word in words:
        parts = (re.escape(part).replace("'", "['’]") for part in word.split(" "))
        pattern = re.compile(r"(?<!\w)" + r"[\W_]+".join(parts) + r"(?!\w)", re.IGNORECASE)
        sentences = (sentence.group() for sentence in SENTENCE.finditer(text[:MOST_CHARS]))
        if first := next((sentence for sentence in sentences if pattern.search(sentence)), None):
            found.append(first)
    return shortened(found)[:2]
