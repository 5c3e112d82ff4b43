"""What a text must not hold to be a story as it stands, as patterns. Pure.

Most stories hold none of it, and a search for a piece of text takes a hundredth of the time that a pattern takes: a
pattern is only tried where the pieces that all its matches hold are there. A single rare character is found in a tenth
of the time of a longer piece, and comes first. Texts are looked at in lower case.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Pieces = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern, and groups of pieces: whatever it matches stands in a text that holds one piece of each group.

    One that is to stand `first` is only looked for where the text begins.
    """

    pattern: re.Pattern[str]
    groups: tuple[Pieces, ...]
    first: bool = False

    def may_be_in(self, text: str) -> bool:
        """Whether the pieces are there; cheap."""
        # A loop, since a generator for each group would take as long as the searches.
        for group in self.groups:
            for piece in group:
                if piece in text:
                    break
            else:
                return False
        return True

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in `text`, which is in lower case."""
        if not self.may_be_in(text):
            return None
        return self.pattern.match(text) if self.first else self.pattern.search(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches in `text`, which is in lower case."""
        return self.pattern.finditer(text) if self.may_be_in(text) else iter(())


def sign(pattern: str, *groups: Pieces, first: bool = False) -> Sign:
    """Return the sign of a pattern in lower case, whose `^` is the beginning of a line."""
    return Sign(re.compile(pattern, re.MULTILINE), groups, first)


def earliest(signs: Sequence[Sign], text: str) -> re.Match[str] | None:
    """Return the match that begins first in `text`, in lower case; of several at one place that of the first sign."""
    matches = [match for one in signs if (match := one.search(text))]
    return min(matches, key=re.Match.start) if matches else None


SCAFFOLD = (
    sign(r"\bwe(?:'|’)?(?:ve| have) omitted (?:some|several|a few|the)\b", ("omitted",)),
    sign(
        r"[\[(](?:story|text|scene|chapter)?\s*(?:continues|continued|omitted|truncated)[^\])\n]{0,60}[\])]",
        ("(", "["), ("continue", "omitted", "truncated"),
    ),
    sign(
        r"\[\s*(?:some )?(?:sections?|paragraphs?|parts?|dialogue) (?:omitted|removed|redacted)[^\]\n]{0,60}\]",
        ("[",), ("omitted", "removed", "redacted"),
    ),
    sign(
        r"\W*(?:sure|certainly|of course|absolutely)\b[,!.]? *(?:here|below|i(?:['’](?:d|ll)| can| will| would))\b",
        first=True,
    ),
    sign(
        r"\W*here(?:'|’)?s? (?:is )?(?:a|the|my|your) (?:\w+[ -]){0,4}(?:story|draft|rewrite|version)\b", first=True
    ),
    sign(r"^[^\w\n]*(?:total )?word count\W{1,4}\d+", ("word count",)),
    sign(r"\blet me know if you(?:'|’)?(?:d| would) like\b", ("let me know if you",)),
    sign(r"\bi hope (?:this|the) (?:story|version|draft|rewrite)\b", ("i hope th",)),
    sign(r"</?(?:story|draft|thinking|scratchpad|answer|output|rewrite|plan|system|prompt)>", ("<",)),
    sign(r"<\|[a-z_]{2,30}\|>|\[/?inst\]|<<sys>>", ("<", "["), ("<|", "inst]", "<<sys>>")),
    sign(r"^#{1,4} *(?:instructions?|response|input|system|prompt|constraints|requirements)\b", ("#",)),
    sign(r"^(?:human|user|assistant|system) *: ", (":",), (": ",), ("human", "user", "assistant", "system")),
    sign(
        r"\b(?:the|this) story (?:should|must) (?:be|include|show|demonstrate|illustrate)\b",
        ("story ",), ("story should ", "story must "),
    ),
)  # fmt: skip
PLACEHOLDER = sign(
    r"\[(?:insert|your|add|name|character|protagonist|city|location|place|date|title|company|ai|x+)\b[^\]\n]{0,60}\]"
    r"|\{\{[^{}\n]{1,60}\}\}"
    r"|(?<!\{)\{[a-z][a-z_]{1,30}\}(?!\})"
    r"|<(?:name|character|city|place|title|insert[^>\n]{0,40})>"
    r"|\blorem ipsum\b|\btodo\b:?|\btbd\b",
    ("[", "{", "<", "lorem ipsum", "todo", "tbd"),
)
DISCLAIMER = (
    sign(r"\bas an? (?:ai|artificial intelligence|large)? ?language model\b", ("language model",)),
    sign(r"\bas an ai (?:assistant )?(?:developed|created|trained|made) by\b", ("as an ai ",)),
    sign(r"\bmy (?:knowledge|training) cut-?off\b", ("cut",), ("my knowledge cut", "my training cut")),
)
REFUSAL = sign(r"\W*i(?:'|’)?(?:m| am)? ?(?:sorry|apologi[sz]e|afraid|can(?:no|'|’)t|unable)\b", first=True)
FENCE = sign(r"^[ \t]*(?:```|~~~)[^\n]*", ("`", "~"), ("```", "~~~"))
LINK = sign(
    r"\bhttps?://[^\s<>\"')\]]{3,}|\bwww\.[a-z0-9-]+\.[a-z]{2,}|\b[\w.+-]{1,64}@[\w-]+\.[a-z]{2,}\b",
    ("/", "@", "www."),
    ("://", "www.", "@"),
)
