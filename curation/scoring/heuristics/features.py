"""From text to counts: marker rates, dialogue, variety, and the sentences in which the markers stand."""

import re
import string
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain, compress

from curation.core.plain_text import LIKE_ASCII, lowered, lowered_and_beyond
from curation.core.words import apart, table
from curation.scoring.heuristics.hits import hits
from curation.scoring.heuristics.markers import PATTERNS, SCAFFOLD

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*[\"”’']*")
# Speech. A pattern that begins with one sign takes a fraction of the time of one that begins with either of two.
STRAIGHT = re.compile(r'"([^"\n]{1,2000})"')
CURLY = re.compile(r"“([^“”\n]{1,2000})”")
EITHER = re.compile(r"[“\"]([^“”\"\n]{1,2000})[”\"]")
WINDOW = 100
# So many words make a sentence that is not said twice by chance.
LONG = 5
MOST_TOLD = 2
# A judge answers in bounded time whatever is sent: what lies beyond this many code points is not read.
MOST_CHARS = 200_000
# A letter beyond ASCII, in a text that is in lower case otherwise.
LETTER = "X"
ASCII = table(string.ascii_lowercase + LETTER, ends=".!?\n")
# Signs of good typography: with these away, most English text is ASCII. Each as a sign that counts the same here.
SIGNS = {"’": "'", "…": ".", "“": " ", "”": " ", "—": " ", "–": " "}
USUAL = "".join(SIGNS)
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True)
class Features:
    """`rates` are hits per 1,000 words by family; `dialogue`, `variety` and `repeated` are shares from 0 to 1.

    `rhythm` is the standard deviation of sentence lengths over their mean; `places` are where in `text` the hits begin.
    """

    words: int
    rates: dict[str, float]
    dialogue: float
    variety: float
    rhythm: float
    repeated: float
    text: str = field(repr=False, default="")
    places: dict[str, list[int]] = field(repr=False, default_factory=dict)

    @cached_property
    def starts(self) -> list[int]:
        """Where each sentence begins."""
        return [match.start() for match in SENTENCE.finditer(self.text)]

    def sentence(self, place: int) -> str:
        """The sentence of this number, word for word."""
        found = SENTENCE.match(self.text, self.starts[place])
        return found[0].strip() if found else ""

    @cached_property
    def told(self) -> dict[str, list[str]]:
        """What `telling` has said."""
        return {}

    @cached_property
    def figures(self) -> dict[str, str]:
        """What `rules.said` has said."""
        return {}

    def telling(self, family: str) -> list[str]:
        """The sentences with the most hits of `family`, at most two, in the order of the text."""
        if family not in self.told:
            best = sorted(self._counted(family).items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TOLD]
            self.told[family] = [self.sentence(place) for place, _count in sorted(best)]
        return self.told[family]

    def _counted(self, family: str) -> dict[int, int]:
        """How many hits of `family` the sentences have, by their number; sentences without one are absent."""
        if family == SCAFFOLD:
            # A hit may reach over the end of a sentence, and is then in none.
            counted = (
                (place, len(PATTERNS[family].findall(lowered(sentence))))
                for place, sentence in enumerate(map(self.sentence, range(len(self.starts))))
                if WORD.search(sentence)
            )
            return {place: count for place, count in counted if count}
        return Counter(bisect_right(self.starts, place) - 1 for place in self.places[family])


def variety(words: Sequence[str]) -> float:
    """The mean share of different words in windows of 100 (moving-average type-token ratio, Covington & McFall 2010).

    0 without words; a text shorter than a window is one window.
    """
    if not words:
        return 0.0
    size = min(WINDOW, len(words))
    windows = len(words) - size + 1
    last: dict[str, int] = {}
    again = 0
    for place, word in enumerate(words):
        # Most words of a text are new to it for long, and to look is cheaper than to ask with a default.
        if word in last:
            before = last[word]
            if before > place - size:
                # A word that stood before is not another one in the windows that both stand in: those that begin after
                # the last one without it, and not after the earlier word.
                again += min(before, windows - 1) - max(place - size, -1)
        last[word] = place
    return (windows * size - again) / (windows * size)


def read(text: str) -> Features:
    """Count what the rules rest on. Any text is fine, an empty one too; time grows linearly with its length."""
    text = text[:MOST_CHARS]
    low, beyond = lowered_and_beyond(text)
    signs = low
    for sign, instead in SIGNS.items():
        if sign in beyond:
            signs = signs.replace(sign, instead)
    letters = beyond.strip(USUAL)
    if letters:
        signs = BEYOND_ASCII.sub(_letters, signs)
    plain = apart(signs, ASCII)
    sentences = plain.split("\n")
    by_sentence = [sentence.split() for sentence in sentences]
    lengths = list(map(len, by_sentence))
    words = list(chain.from_iterable(by_sentence))
    found = hits(low, plain, words)
    if LETTER in plain or ("'" in low and "’" in beyond) or any(odd in letters for odd, _letter in LIKE_ASCII):
        words = _themselves(text, plain)
    spoken = sum(len(plain[match.start(1) : match.end(1)].split()) for match in speech(text, beyond).finditer(text))
    per_thousand = 1000 / max(len(words), 100)
    return Features(
        words=len(words),
        rates={family: len(there) * per_thousand for family, there in found.items()},
        dialogue=min(1.0, spoken / len(words)) if words else 0.0,
        variety=variety(words),
        rhythm=rhythm(list(filter(None, lengths))),
        repeated=repeated(text, list(compress(sentences, [length >= LONG for length in lengths]))),
        text=text,
        places=found,
    )


def speech(text: str, beyond: str) -> re.Pattern[str]:
    """Return the pattern of what is said in `text`, which has the characters `beyond` ASCII."""
    if '"' not in text:
        return CURLY
    return EITHER if "“" in beyond or "”" in beyond else STRAIGHT


def rhythm(lengths: Sequence[int]) -> float:
    """The standard deviation of sentence lengths in words over their mean; 0 without a sentence."""
    mean = sum(lengths) / len(lengths) if lengths else 0.0
    return (sum((length - mean) ** 2 for length in lengths) / len(lengths)) ** 0.5 / mean if mean else 0.0


def repeated(text: str, long: Sequence[str]) -> float:
    """The share of sentences of five words and more that stood in the text before; `long` are these as words."""
    long = [sentence.strip() for sentence in long]
    if len(set(long)) == len(long):
        return 0.0
    whole = [sentence.strip().lower() for sentence in SENTENCE.findall(text)]
    whole = [sentence for sentence in whole if len(WORD.findall(sentence)) >= LONG]
    return 1 - len(set(whole)) / len(whole) if whole else 0.0


def _letters(match: re.Match[str]) -> str:
    return "".join(LETTER if char.isalnum() and not char.isdecimal() else " " for char in match[0])


def _themselves(text: str, plain: str) -> list[str]:
    """Return the words of `text` where those of `plain` are, in lower case, with the letters that they have there."""
    # As many as there are characters between single spaces, so that their lengths tell where they stand.
    places = plain.replace("\n", " ").split(" ")
    ends = accumulate(map(len, places))
    return [
        text[end + n - len(word) : end + n].lower()
        for n, (word, end) in enumerate(zip(places, ends, strict=True))
        if word
    ]
