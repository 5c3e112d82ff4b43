"""Finding leaked scaffolding, placeholders, fences, truncation, links, overused names and hidden characters. Pure.

A finding is for a person to look at. Only a text that cannot be a story at all is blocked: a few words, a refusal, or a
form that was never filled in.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from curation.core.plain_text import lowered_and_beyond
from curation.core.stored_messages import gettext_noop
from curation.stories.signs import DISCLAIMER, FENCE, LINK, PLACEHOLDER, REFUSAL, SCAFFOLD, earliest
from curation.stories.text import count_words

# Raised whenever a rule changes, so that a later index adds rows beside the earlier ones.
INDEX_VERSION = "text-checks-4"
PASS, REVIEW, BLOCK = "pass", "review", "block"
FEW_WORDS, SHORT_WORDS = 5, 40
REFUSAL_WORDS = 80
PLACEHOLDERS_BLOCK = 8
LONGEST_QUOTE = 200
# The names that language models give to everyone.
STOCK_NAMES = ("Chen", "Johnson", "Miller", "Smith", "Martinez", "Sarah", "Emily")
# What the findings say. They are stored in English, and told in the language of whoever reads them.
FEW = gettext_noop("It has %(n)s words.")
LEAKED = gettext_noop("Words around the story stand in it.")
GAP = gettext_noop("A gap was never filled in.")
GAPS = gettext_noop("%(n)s gaps were never filled in.")
REFUSED = gettext_noop("It is a refusal, not a story.")
AS_ITSELF = gettext_noop("The model speaks as itself.")
FENCED = gettext_noop("A code fence stands in the story.")
UNFINISHED = gettext_noop("It ends in the middle of a sentence.")
LINKED = gettext_noop("A link or address stands in the story.")
OVERUSED = gettext_noop("Names that models overuse: %(names)s.")
UNSEEN_ONES = gettext_noop("Characters that nobody sees: %(names)s.")
FORMS = (FEW, LEAKED, GAP, GAPS, REFUSED, AS_ITSELF, FENCED, UNFINISHED, LINKED, OVERUSED, UNSEEN_ONES)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one kind of check found: `quote` is `text[start:end]`, in code points; no passage is `None`."""

    kind: str
    verdict: str
    reason: str
    start: int | None = None
    end: int | None = None
    quote: str = ""


NAME = re.compile(rf"\b(?:{'|'.join(STOCK_NAMES)})\b")
# What turns the order of the text around, and what has no width. A mark of direction, which right-to-left prose needs,
# is none of these.
UNSEEN = re.compile("[\u180e\u200b-\u200d\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
JOINERS, FLAG = "\u200c\u200d", "\U0001f3f4"
AROUND = 12
# What a finished story may end with: a mark that ends a sentence, and then quotes, brackets or emphasis.
ENDS = frozenset(".!?…—–:*~#⁂❦。．！？：｡～؟۔।॥။។៕།༎።፧։")
CLOSERS = "\"'”’»)]*_」』）】》〉〕“‘«›"
# Thai and Lao end a sentence with a space, and so with nothing where the story ends.
NO_MARK = re.compile(r"[\u0e01-\u0e4e\u0e81-\u0ece\u0edc-\u0edf]")
LAST_LINE_WORDS = 6


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text, the same in lower case (`plain_text.lowered`), what it has beyond ASCII, and how many words it has."""

    text: str
    low: str
    beyond: str
    n_words: int


def prose(text: str, n_words: int) -> CheckedText:
    """Return `text`, of `n_words` words, as the rules take it."""
    return CheckedText(text, *lowered_and_beyond(text), n_words)


def _at(kind: str, verdict: str, reason: str, text: str, start: int, end: int) -> Finding:
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = min(end, start + LONGEST_QUOTE)
    return Finding(kind, verdict, reason, start, end, text[start:end])


def too_short(of: CheckedText) -> Finding | None:
    """A few words are no story; a very short one is worth a look."""
    if of.n_words < SHORT_WORDS:
        return Finding("too_short", BLOCK if of.n_words < FEW_WORDS else REVIEW, FEW % {"n": of.n_words})
    return None


def scaffold_leak(of: CheckedText) -> Finding | None:
    """What a generator was told, or said around the story, stands in the story."""
    if not (match := earliest(SCAFFOLD, of.low)):
        return None
    line = of.text.find("\n", match.end())
    return _at("scaffold_leak", REVIEW, LEAKED, of.text, match.start(), max(line, match.end()))


def placeholder(of: CheckedText) -> Finding | None:
    """A gap that was never filled in; many of them block."""
    matches = list(PLACEHOLDER.finditer(of.low))
    if not matches:
        return None
    many = len(matches) >= PLACEHOLDERS_BLOCK or len(matches) * 15 > of.n_words
    reason = GAPS % {"n": len(matches)} if len(matches) > 1 else GAP
    return _at("placeholder", BLOCK if many else REVIEW, reason, of.text, *matches[0].span())


def disclaimer(of: CheckedText) -> Finding | None:
    """The model speaks of itself; a short text that begins with a refusal is only a refusal."""
    if of.n_words < REFUSAL_WORDS and (match := REFUSAL.search(of.low)) and '"' not in of.text and "“" not in of.text:
        return _at("disclaimer", BLOCK, REFUSED, of.text, *match.span())
    match = earliest(DISCLAIMER, of.low)
    return _at("disclaimer", REVIEW, AS_ITSELF, of.text, *match.span()) if match else None


def fence(of: CheckedText) -> Finding | None:
    """A Markdown code fence."""
    match = FENCE.search(of.low)
    return _at("fence", REVIEW, FENCED, of.text, *match.span()) if match else None


def truncated(of: CheckedText) -> Finding | None:
    """The last sentence has no end. A short last line, such as "The End" or a name, is an ending."""
    body = of.text.rstrip()
    last = body[body.rfind("\n") + 1 :]
    if not body or finished(body) or NO_MARK.match(body[-1]):
        return None
    if len(last) < len(body) and count_words(last) <= LAST_LINE_WORDS and last[-1] not in ",;，；、،؛":
        return None
    return _at("truncated", REVIEW, UNFINISHED, of.text, max(len(body) - 60, 0), len(body))


def finished(body: str) -> bool:
    """Whether the last sentence of `body` has an end, be it inside quotes, brackets or emphasis."""
    at = len(body)
    while at and (body[at - 1] in CLOSERS or body[at - 1].isspace()) and body[at - 1] not in ENDS:
        at -= 1
    return bool(at) and body[at - 1] in ENDS


def link(of: CheckedText) -> Finding | None:
    """An address on the web or of a mailbox."""
    match = LINK.search(of.low)
    return _at("link", REVIEW, LINKED, of.text, *match.span()) if match else None


def stock_name(of: CheckedText) -> Finding | None:
    """Names that models overuse, with how often each occurs."""
    if not any(name in of.text for name in STOCK_NAMES):
        return None
    matches = list(NAME.finditer(of.text))
    if not matches:
        return None
    counts = Counter(match[0] for match in matches)
    listed = ", ".join(f"{name} ({count})" for name, count in counts.most_common())
    return _at("stock_name", REVIEW, OVERUSED % {"names": listed}, of.text, *matches[0].span())


def hidden_character(of: CheckedText) -> Finding | None:
    """A character that nobody sees: one that turns the order of the text around, or one without width."""
    text = of.text
    if not UNSEEN.search(of.beyond):
        return None
    places = [match.start() for match in UNSEEN.finditer(text) if not belongs(text, match.start())]
    if not places:
        return None
    names = Counter(f"U+{ord(text[at]):04X} {unicodedata.name(text[at], 'no name').lower()}" for at in places)
    listed = ", ".join(f"{name} ({count})" for name, count in names.most_common(4))
    start, end = max(0, places[0] - AROUND), min(len(text), places[0] + 1 + AROUND)
    return _at("hidden_character", REVIEW, UNSEEN_ONES % {"names": listed}, text, start, end)


def belongs(text: str, at: int) -> bool:
    """Whether an unseen character is part of a word or an emoji: a joiner outside Latin words, a letter of a flag."""
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    if text[at] in JOINERS:
        return not any(near.isascii() and near.isalpha() for near in (before, after))
    return text[at] >= "\U000e0000" and (before == FLAG or before >= "\U000e0020")


RULES: tuple[Callable[[CheckedText], Finding | None], ...] = (
    too_short, scaffold_leak, placeholder, disclaimer, fence, truncated, link, stock_name, hidden_character,
)  # fmt: skip


def findings(text: str, n_words: int) -> Iterator[Finding]:
    """Yield what the rules found in `text`, of `n_words` words; one `text_checks` pass if that is nothing."""
    of = prose(text, n_words)
    found = [finding for rule in RULES if (finding := rule(of))]
    yield from found or [Finding("text_checks", PASS, "")]
