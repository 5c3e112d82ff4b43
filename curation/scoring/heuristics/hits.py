"""Where the markers of each family stand in a text: what `PATTERNS` find, without trying each at every character.

A marker begins with a word that few words are. So each different word is looked at once in the life of a process, and
the patterns are tried only where one stands that a marker may begin with.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from curation.scoring.heuristics.markers import FAMILIES, PATTERNS, SCAFFOLD

# What is remembered of words is forgotten when it is so many: names and slips of the pen are without end.
MOST_WORDS, LONGEST_WORD = 50_000, 40
LOOKS_AHEAD = re.compile(r"\\b\(\?=.*")
MATCHES = [PATTERNS[name].match for name in FAMILIES]
# What the scaffolding that is no word begins with.
SIGNS = "[`<"


def alternatives(words: str) -> Iterator[list[str]]:
    """Yield the alternatives of a family, each as the patterns of its words, whatever has to follow the last one."""
    depth, start = 0, 0
    for place, char in enumerate(words + "|"):
        depth += (char in "([") - (char in ")]")
        if char == "|" and not depth:
            yield LOOKS_AHEAD.sub("", words[start:place]).split(" ")
            start = place + 1


@dataclass(frozen=True)
class Family:
    """How the markers of one family begin: those of one word, and those of several by their first and second word."""

    alone: re.Pattern[str]
    first: re.Pattern[str]
    pairs: re.Pattern[str]


def family(words: str) -> Family:
    """Read how the alternatives of a family begin."""
    told = list(alternatives(words))
    alone, longer = [one[0] for one in told if len(one) == 1], [one for one in told if len(one) > 1]
    return Family(
        alone=_one_of(alone, r"(?![^'])"),
        first=_one_of([one[0] for one in longer], "$"),
        pairs=_one_of([f"{one[0]} {one[1]}" for one in longer], ""),
    )


def _one_of(patterns: Sequence[str], end: str) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(patterns)}){end}" if patterns else "(?!)")


FAMILY = [family(words) for words in FAMILIES.values()]


class After(dict[str, tuple[int, ...]]):
    """Word that follows `word` -> the families of which a marker may begin at `word` then: places in `FAMILIES`."""

    def __init__(self, word: str, alone: tuple[int, ...], longer: tuple[int, ...]) -> None:
        super().__init__()
        self.word, self.alone, self.longer = word, alone, longer

    def __missing__(self, following: str) -> tuple[int, ...]:
        pair = f"{self.word} {following}"
        begun = {place for place in self.longer if FAMILY[place].pairs.match(pair)}
        found = tuple(sorted(begun.union(self.alone)))
        if len(self) < MOST_WORDS and len(following) <= LONGEST_WORD:
            self[following] = found
        return found


@dataclass(frozen=True, slots=True)
class Start:
    """What may begin at a word, or `shift` characters into it.

    These are the families `alone` whatever follows, or those that `after` says; and what may begin further on.
    """

    shift: int
    alone: tuple[int, ...]
    after: After | None
    then: "Start | None"


class Known(dict[str, Start | None]):
    """Word -> what may begin in it, worked out when a word is first met; for most words nothing."""

    def __missing__(self, word: str) -> Start | None:
        found = start(word)
        if len(word) <= LONGEST_WORD:
            if len(self) >= MOST_WORDS:
                self.clear()
            self[word] = found
        return found


def start(word: str) -> Start | None:
    """Return what may begin in a word: at its beginning, or after an apostrophe inside it."""
    begins: Start | None = None
    for shift in reversed([0, *(place + 1 for place, char in enumerate(word) if char == "'")]):
        alone = tuple(place for place, one in enumerate(FAMILY) if one.alone.match(word, shift))
        longer = tuple(place for place, one in enumerate(FAMILY) if one.first.match(word, shift))
        if alone or longer:
            begins = Start(shift, alone, After(word[shift:], alone, longer) if longer else None, begins)
    return begins


KNOWN = Known()


def hits(low: str, plain: str, words: Sequence[str]) -> dict[str, list[int]]:
    """Return where the markers of each family begin in `low`, a text in lower case.

    `plain` is that text as its words alone, with `'` for every apostrophe, each character in its place and white space
    in that of all others. `words` are its words.
    """
    found: list[list[int]] = [[] for _name in FAMILIES]
    ends = [0] * len(FAMILIES)
    begun = list(map(KNOWN.__getitem__, words))
    apart, at = f" {plain} ".replace("\n", " "), 0
    for place in compress(range(len(words)), begun):
        # Any two that are the same word are both looked for, so the next one is this one.
        at = apart.index(f" {words[place]} ", at)
        begins, following = begun[place], words[place + 1] if place + 1 < len(words) else ""
        while begins is not None:
            start = at + begins.shift
            for number in begins.alone if begins.after is None else begins.after[following]:
                if start >= ends[number] and (match := MATCHES[number](low, start)):
                    found[number].append(start)
                    ends[number] = match.end()
            begins = begins.then
        at += 1
    placed = dict(zip(FAMILIES, found, strict=True))
    if any(sign in low for sign in SIGNS):
        placed[SCAFFOLD] = [match.start() for match in PATTERNS[SCAFFOLD].finditer(low)]
    return placed
