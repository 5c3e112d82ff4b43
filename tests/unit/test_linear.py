"""Whatever text arrives, the time for it grows with its length and not with the square of it."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from curation.core import passages
from curation.core.plain_text import with_lf
from curation.scoring.heuristics import features
from curation.stories import dedupe, text, text_checks

SHORT, TIMES, LONGEST = 4_000, 8, 1_000_000
# Eight times the text may take eight times as long, and somewhat more for what no longer fits into a cache. The square
# would be 64.
MOST_GROWTH = 40
# Below this the clock tells nothing.
SECONDS = 0.1
# What patterns look for, and what keeps them looking: repeated, such a piece is a text that nobody would write.
PIECES = (
    "\n", " ", "\t", " \n", "\r", "\u2028", "\u3000", "\u0315\u0300", "\u0301", "\uff9e\u0315", "\ufdfa", "\u200d",
    "[", "(", "[story ", "[insert ", "[your ", "(continues", "{{", "{a", "<", "<insert", "<|a", "here ",
    "here's the a ", "sure ", "`", "```", "a.b@", "a@", "www.", "www.a-", "http://", "word count ", "total ", "# ",
    "#", " #", "-", "---\n", "a-", "_", "*", "x.", ".\"", "?!", "... ", "“", "\"", "'", "a'", "I'm sorry ",
    "as an ai ", "the story ", "we have omitted ", "Sarah ", "over and ", "in order ", "日", "日 ", "\U000e0041",
    "\U0001f3f4\U000e0067", "\\", "{\"a\":", "a,", "a\n\n",
)  # fmt: skip


def mixture(size: int) -> str:
    """About `size` code points of all the pieces, in the same even mixture every time."""
    chance = random.Random(1)  # noqa: S311
    return "".join(chance.choices(PIECES, k=size // 4))


def corpus(size: int) -> list[str]:
    """Texts of `size` code points: each piece by itself, behind and before a word, and in an even mixture."""
    texts = [edge + piece * (size // len(piece)) + end for piece in PIECES for edge, end in (("", ""), ("# x", "z"))]
    return [*texts, mixture(size)]


FUNCTIONS: dict[str, Callable[[str], Any]] = {
    **{rule.__name__: (lambda given, rule=rule: rule(text_checks.prose(given, 5))) for rule in text_checks.RULES},  # type: ignore[misc]
    "normal_form": text.normal_form,
    "with_lf": with_lf,
    "fingerprint": text.fingerprint,
    "why_no_story": text.why_no_story,
    "signature": dedupe.signature,
    "features": features.read,
    "passages": lambda given: list(passages.paragraphs(given)),
}


def took(function: Callable[[str], Any], given: str) -> float:
    """Processor seconds of the quicker of two calls."""
    times = []
    for _ in range(2):
        start = time.process_time()
        function(given)
        times.append(time.process_time() - start)
    return min(times)


def check_growth(function: Callable[[str], Any], short: str, long: str) -> None:
    """Fail where the time for `long`, which has `TIMES` the length of `short`, says more than linear growth."""
    before = took(function, short)
    assert before < 2, f"{short[:30]!r}: {before:.2f} s"
    if before * TIMES**2 > SECONDS:
        after = took(function, long)
        assert after < max(SECONDS, before * MOST_GROWTH), f"{short[:30]!r}: {before:.4f} s, then {after:.4f} s"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_with_the_length_of_a_text(name: str) -> None:
    for short, long in zip(corpus(SHORT), corpus(SHORT * TIMES), strict=True):
        check_growth(FUNCTIONS[name], short, long)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_longest_text_takes_no_more_than_its_length_says(name: str) -> None:
    for make in (mixture, lambda size: "\n" * size, lambda size: "\u0315\u0300" * (size // 2)):
        check_growth(FUNCTIONS[name], make(LONGEST // TIMES), make(LONGEST))
