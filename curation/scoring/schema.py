"""What a judge is given and what it answers: plain values, so that every judge can be tried without a database."""

import math
import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

LOWEST, HIGHEST, MIDDLE = 1.0, 5.0, 3.0
QUOTE_CHARS = 240
# The version of the rules by which the answers of language models are read. Raise it with every change of what
# `scoring.reading` makes of an answer: then answers that were bought before can be read anew.
READING = 1


@dataclass(frozen=True)
class StoryInput:
    """One story as a judge sees it. `principles` and `themes` are the keys that it is tagged with."""

    id: int
    text: str
    title: str = ""
    language: str = "en"
    principles: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScoreDraft:
    """A judge's answer for one criterion: `value` 1 to 5 and its `standard_deviation`, both in rating points.

    `quotes` are passages of the story, word for word.
    """

    criterion: str
    value: float
    standard_deviation: float
    rationale: str = ""
    quotes: tuple[str, ...] = field(default=())


def over_samples(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Return the mean of what several samples gave and its standard deviation (n - 1 below), in rating points.

    The mean is None where more of them said N/A (None) than gave a value, and the deviation where fewer than two did.
    """
    given = [value for value in values if value is not None]
    if not given or 2 * len(given) < len(values):
        return None, None
    return statistics.fmean(given), statistics.stdev(given) if len(given) > 1 else None


def in_range(value: float) -> float:
    """Bring `value` onto the scale of 1 to 5."""
    return min(HIGHEST, max(LOWEST, value))


def shortened(quotes: Iterable[str]) -> tuple[str, ...]:
    """Return quotes as they are kept: each once, without white space around it, cut to `QUOTE_CHARS` code points."""
    return tuple(filter(None, dict.fromkeys(quote.strip()[:QUOTE_CHARS].strip() for quote in quotes)))


def check_answer(drafts: Sequence[ScoreDraft], criteria: Collection[str], text: str) -> None:
    """Raise `ValueError` with the reason unless `drafts` answer each of `criteria` once, in range, quoting `text`."""
    if sorted([draft.criterion for draft in drafts]) != sorted(criteria):
        raise ValueError(f"the judge answered {len(drafts)} of {len(criteria)} criteria")
    there: set[str] = set()
    for draft in drafts:
        if not (
            LOWEST <= draft.value <= HIGHEST
            and draft.standard_deviation >= 0
            and math.isfinite(draft.standard_deviation)
        ):
            raise ValueError(f"the judge gave {draft.criterion} the value {draft.value} ± {draft.standard_deviation}")
        for quote in draft.quotes:
            # Most criteria quote what another has quoted.
            if quote not in there and quote not in text:
                raise ValueError(f"the judge quoted for {draft.criterion} what the story does not say")
            there.add(quote)
