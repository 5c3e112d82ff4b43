"""Several samples of one judge on one story: what they say together, and how far apart they are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from curation.core.spans import Passage
from curation.scoring.reading.results import Behaviour, CriterionReading, Reading


@dataclass(frozen=True)
class CombinedCriterion:
    """One criterion over all samples.

    `value` is the mean of the samples that gave a value, in rating points, and None where more said N/A than gave one.
    `spread` is their standard deviation (n - 1 below), and None of a single value, which tells nothing of it. `values`
    holds what each sample said, in their order. `rationale` and `quotes` are those of the sample nearest to the mean,
    so that the words go with a value that somebody gave.
    """

    key: str
    value: float | None
    spread: float | None
    values: tuple[int | None, ...]
    rationale: str
    quotes: tuple[Passage, ...]


@dataclass(frozen=True)
class Combined:
    """All samples of one story, `n` of them: of themes, flags and the honeypot, how many of them said so."""

    n: int
    criteria: Mapping[str, CombinedCriterion]
    themes: Mapping[str, int]
    flags: Mapping[str, int]
    honeypot: int
    no_ai_character: int
    behaviours: tuple[Behaviour, ...]


def combined(readings: Sequence[Reading]) -> Combined:
    """Return what several readings of one story by one judge version say together; there is at least one.

    A sample that failed is not among them: it is counted elsewhere, and guessed by nobody.
    """
    if not readings:
        raise ValueError("there is no reading to combine")
    return Combined(
        n=len(readings),
        criteria={key: over_samples([one.criteria[key] for one in readings]) for key in readings[0].criteria},
        themes=counted(one.themes for one in readings),
        flags=counted([flag.key for flag in one.flags] for one in readings),
        honeypot=sum(one.honeypot for one in readings),
        no_ai_character=sum(one.no_ai_character for one in readings),
        behaviours=tuple(dict.fromkeys(shown for one in readings for shown in one.behaviours)),
    )


def over_samples(said: Sequence[CriterionReading]) -> CombinedCriterion:
    """Return one criterion over the samples."""
    given = [one for one in said if one.value is not None]
    values = [float(one.value or 0) for one in given]
    applies = 2 * len(given) >= len(said) and bool(given)
    mean = sum(values) / len(values) if applies else None
    spread = (
        sqrt(sum((one - mean) ** 2 for one in values) / (len(values) - 1))
        if mean is not None and len(values) > 1
        else None
    )
    if mean is None:
        told = next(one for one in said if one.value is None)
    else:
        told = min(given, key=lambda one: abs(float(one.value or 0) - mean))
    return CombinedCriterion(said[0].key, mean, spread, tuple(one.value for one in said), told.rationale, told.quotes)


def counted(said: Iterable[Iterable[str]]) -> dict[str, int]:
    """Return how many samples said each key, the most frequent first."""
    return dict(Counter(key for keys in said for key in keys).most_common())
