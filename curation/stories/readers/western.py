"""Whether bytes read as Windows-1252 look like Western European text, or like the text of another encoding."""

import re
from dataclasses import dataclass, field

# The letters beyond ASCII of one language each.
LANGUAGES = tuple(
    map(
        frozenset,
        (
            "àâæçèéêëîïôœùûüÿ",
            "äöüßéèà",
            "áéíñóúüªº",
            "áâãàçéêíóôõúüªº",
            "àèéìíîòóùúªº",
            "àçèéíïòóúü",
            "äëïöüéèêáóíúç",
            "åäöéèáàü",
            "æøåéèêóòâôüäö",
            "äöåšžéü",
            "áðéíóúýþæö",
            "áíéóúý",
            "âêîôûàèëïö",
            "äöüõšž",
            "çë",
        ),
    )
)
# Of names and loan words, which stand in English text, and now and then in every other.
LOANS = frozenset("àâäáãåæçèéêëíìîïñóòôöøõùúûüßœÀÂÄÁÅÆÇÈÉÊÍÎÑÖØÜŒ")
FEW = 0.01
SMALL, CAPITAL = "a-zß-öø-ÿœšžƒ", "A-ZÀ-ÖØ-ÞŒŠŽŸ"
LETTER = SMALL + CAPITAL
WIDE_SMALL, WIDE_CAPITAL = "ß-öø-ÿœšž", "À-ÖØ-ÞŒŠŽŸ"
SIGNS = "„‚†‡•ˆ‰‹›˜™¢£¥§©«®°±²³¶»¼½¾¿¡×÷¸¯¨¦¬¹€"
ODD = re.compile(
    "|".join(
        (
            # Three letters in a row that are not ASCII: no Western word has them.
            rf"[{WIDE_SMALL}{WIDE_CAPITAL}]{{3}}",
            # A capital after a small letter, one of the two not ASCII; or a word that begins with two capitals.
            rf"(?<=[{SMALL}])[{WIDE_CAPITAL}]",
            rf"[{WIDE_SMALL}][{CAPITAL}]",
            rf"[{WIDE_CAPITAL}][{CAPITAL}][{SMALL}]",
            rf"(?<=[{CAPITAL}])[{WIDE_CAPITAL}][{SMALL}]",
            # A sign or a closing quote inside a word.
            rf"(?<=[{LETTER}])[{SIGNS}”“](?=[{LETTER}])",
            # What opens, or stands before a number, after a letter.
            rf"(?<=[{LETTER}])[„‚¡¿±¶¼½¾¸¨¯ˆ¦]",
            # What stands only before a word.
            r"[¡¿](?![\w\s¡¿“‘\"'«(—–-])",
            # Words of one letter that no language has, and letters right after the end of a sentence. In a table commas
            # and semicolons stand between cells, which may begin with such a letter.
            r"(?<![\w’'])[Â-ÄÆÇÊ-ÌÎ-ÓÕÙÛ-ßâ-äæçê-ìî-ñõùû-ÿ](?![\w’'.])",
            rf"(?<=[{SMALL}][.!?])[{WIDE_CAPITAL}{WIDE_SMALL}]",
            rf"(?<=[{SMALL}][,;])[{WIDE_CAPITAL}{WIDE_SMALL}](?![{LETTER}])",
            # Never written in Windows-1252, which has the Euro elsewhere; and controls.
            r"[¤\x80-\x9f]",
        )
    )
)
# In English and most others, such a word inside a sentence is a dash or an ellipsis of another encoding.
ALONE = re.compile(r"(?<=[a-z,] )[ÀÅÉÔÖØ](?= [a-z])".encode("cp1252"))
ALONE_WORDS = {char.encode("cp1252") for char in "ÀÅÉÔÖØ"}
WORD_SIGNS = re.compile(rf"[{LETTER}ªº]")
LOW, NO_LETTERS = bytes(range(128)), bytes(range(128, 192))
MOST_WORDS = 200_000
# Bytes without white space that are held until more come; a word is never so long.
LONGEST_WORD = 10_000


@dataclass
class Western:
    """What was seen so far of a text, in pieces, that is Windows-1252 if anything."""

    letters: set[str] = field(default_factory=set)
    words: set[bytes] = field(default_factory=set)
    wide: int = 0
    size: int = 0
    end: bytes = b""

    def see(self, piece: bytes) -> bool:
        """Look at the next piece, the last of which is empty; return False as soon as it cannot be Windows-1252."""
        words = (self.end + piece).split()
        # The last word may go on in the next piece.
        self.end = words.pop() if piece and words and not piece[-1:].isspace() else b""
        if len(self.end) > LONGEST_WORD:
            words.append(self.end)
            self.end = b""
        if len(self.words) > MOST_WORDS:
            self.words.clear()
        new = {word for word in set(words) if not word.isascii()} - self.words
        self.words |= new
        try:
            if ODD.search(b" ".join(new).decode("cp1252")):
                return False
        except UnicodeDecodeError:
            return False
        if not ALONE_WORDS.isdisjoint(self.words) and ALONE.search(piece):
            return False
        high = piece.translate(None, LOW)
        self.letters |= {char for char in bytes(set(high)).decode("cp1252", "ignore") if WORD_SIGNS.match(char)}
        self.wide += len(high.translate(None, NO_LETTERS))
        self.size += len(piece)
        return True

    def certain(self) -> bool:
        """Return whether all letters are those of one language, or the few that loan words bring."""
        if self.wide <= self.size * FEW and self.letters <= LOANS:
            return True
        small = {char.lower() for char in self.letters}
        return any(small <= language for language in LANGUAGES)
