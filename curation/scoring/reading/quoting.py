"""Finding what a model quotes in the story, word for word.

A quote is there if the story has the same characters in the same order, and whole words at both ends. Three things may
differ, each one character for one character, so that no offset moves: which white space stands between words (a line
break for a space), which form a quotation mark or an apostrophe has (' for ’), and what the fence shows in another
form (‹ for <). White space around a quote does not count. Two spaces are not one, an ellipsis is not three dots, and no
letter is another one. Where the story says the same twice, the first place is the passage.
"""

import unicodedata

from curation.core.spans import Passage, make_span
from curation.scoring.reading.fencing import BRACKETS, DISARMED
from curation.stories.text import EVEN, SPACES, UNSPACED

LONGEST = 2_000
# A quote that begins or ends inside a word is looked for elsewhere, so many times.
TRIES = 1_000
WHITE = ("\u00a0\u202f\u205f\u3000", *map(chr, range(0x2000, 0x200B)), *SPACES)
# All but those that stand for brackets.
MARKS = {old: mark for mark in "'\"" for old in EVEN[mark] if old not in BRACKETS.values()}
COMPARED = DISARMED | str.maketrans(MARKS | dict.fromkeys("".join(WHITE), " "))
# They hold characters together that would stand apart, or apart what would be joined inside a word.
JOINERS = "\u200d\u200c"


def comparable(text: str) -> str:
    """Return `text` with all that may differ evened out: as many characters, each in its place."""
    return text.translate(COMPARED)


class StoryText:
    """A story's text, in which quotes are looked for. Each is looked for once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.compared = comparable(text)
        self.found: dict[str, Passage | None] = {}

    def passage(self, quote: str) -> Passage | None:
        """Return where the story says `quote`, at the first place; None where it does not."""
        if quote not in self.found:
            self.found[quote] = self.look(quote)
        return self.found[quote]

    def look(self, quote: str) -> Passage | None:
        """As `passage`, without remembering."""
        wanted = comparable(quote).strip()
        if len(wanted) > LONGEST or not any(map(str.isalnum, wanted)):
            return None
        start = -1
        for _try in range(TRIES):
            start = self.compared.find(wanted, start + 1)
            if start < 0:
                return None
            end = start + len(wanted)
            if not (self.inside_word(start) or self.inside_word(end)):
                return make_span(self.text, start, end)
        return None

    def inside_word(self, place: int) -> bool:
        """Whether the characters before and after `place` belong to one word, or to one character as people see it."""
        if not 0 < place < len(self.text):
            return False
        before, after = self.text[place - 1], self.text[place]
        if is_mark(after) or before in JOINERS or after in JOINERS:
            return True
        if UNSPACED.match(before) or UNSPACED.match(after):
            return False
        return (before.isalnum() or is_mark(before)) and after.isalnum()


def is_mark(char: str) -> bool:
    """Whether a character is written on the one before it, as an accent is."""
    return unicodedata.category(char).startswith("M")
