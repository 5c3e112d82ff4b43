"""From text to counts: marker rates, dialogue, variety, and the sentences in which the markers stand."""

import re
from dataclasses import dataclass

from curation.scoring.heuristics.markers import PATTERNS

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*[\"”’']*")
DIALOGUE = re.compile(r"[“\"]([^“”\"\n]{1,2000})[”\"]")
WINDOW = 100
# A judge answers in bounded time whatever is sent: what lies beyond this many code points is not read.
MOST_CHARS = 200_000


@dataclass(frozen=True)
class Features:
    """`rates` are hits per 1,000 words by family; `dialogue`, `variety` and `repeated` are shares from 0 to 1.

    `rhythm` is the deviation of sentence lengths over their mean; `sentences` are verbatim.
    """

    words: int
    rates: dict[str, float]
    dialogue: float
    variety: float
    rhythm: float
    repeated: float
    sentences: list[str]

    def telling(self, family: str, most: int = 2) -> list[str]:
        """The sentences with the most hits of `family`, at most `most`, in the order of the text."""
        counted = [(len(PATTERNS[family].findall(sentence)), -place) for place, sentence in enumerate(self.sentences)]
        best = sorted((pair for pair in counted if pair[0]), reverse=True)[:most]
        return [self.sentences[-place] for _, place in sorted(best, key=lambda pair: -pair[1])]


def variety(words: list[str]) -> float:
    """The mean share of different words in windows of 100 (moving-average type-token ratio, Covington & McFall 2010).

    0 without words; a text shorter than a window is one window.
    """
    if not words:
        return 0.0
    size = min(WINDOW, len(words))
    counts: dict[str, int] = {}
    total = 0
    for place, word in enumerate(words):
        counts[word] = counts.get(word, 0) + 1
        if place >= size:
            gone = words[place - size]
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
        if place >= size - 1:
            total += len(counts)
    return total / ((len(words) - size + 1) * size)


def read(text: str) -> Features:
    """Count what the rules rest on. Any text is fine, an empty one too; time grows linearly with its length."""
    text = text[:MOST_CHARS]
    words = [word.lower() for word in WORD.findall(text)]
    sentences = [found.strip() for found in SENTENCE.findall(text)]
    sentences = [sentence for sentence in sentences if WORD.search(sentence)]
    lengths = [len(WORD.findall(sentence)) for sentence in sentences]
    mean = sum(lengths) / len(lengths) if lengths else 0.0
    deviation = (sum((length - mean) ** 2 for length in lengths) / len(lengths)) ** 0.5 if lengths else 0.0
    spoken = sum(len(WORD.findall(part)) for part in DIALOGUE.findall(text))
    long = [sentence.lower() for sentence, length in zip(sentences, lengths, strict=True) if length >= 5]
    per_thousand = 1000 / max(len(words), 100)
    return Features(
        words=len(words),
        rates={family: len(pattern.findall(text)) * per_thousand for family, pattern in PATTERNS.items()},
        dialogue=min(1.0, spoken / len(words)) if words else 0.0,
        variety=variety(words),
        rhythm=deviation / mean if mean else 0.0,
        repeated=1 - len(set(long)) / len(long) if long else 0.0,
        sentences=sentences,
    )
