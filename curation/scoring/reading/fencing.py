"""A story as data: between two lines with a code that its text does not hold, and with no character that commands.

What a story is sent as has a character for each of its own, in the same place. So a passage of the one is the passage
of the other at the same offsets, and what is stored of it is always the story's own text.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from itertools import count

from curation.core.plain_text import in_form
from curation.scoring.reading.prompts import Prompt, filled

CODE_LENGTH = 10
# Servers of open models turn some words in brackets into commands: <|im_start|>, </s>, [INST]. Without ASCII brackets
# there are none.
BRACKETS = {"<": "‹", ">": "›", "[": "［", "]": "］"}
# Letters that nobody sees and a model reads: tags, and the second row of variation selectors.
UNSEEN = (*range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0))
# Commands to terminals and printers, but for those that are white space.
CONTROLS = (*range(9), *range(0xE, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0))
DISARMED = str.maketrans(BRACKETS | dict.fromkeys(map(chr, (*UNSEEN, *CONTROLS)), "\ufffd"))


def disarmed(text: str) -> str:
    """Return `text` as a model is shown it: as many characters, each in its place."""
    return text.translate(DISARMED)


def code_of(text: str) -> str:
    """Return the code of a story's fence: 10 hexadecimal digits, always the same for a text, and not in the text.

    Nor are they in it in full-width digits, with signs or white space between them, or in capitals. So no story can
    close its fence, and no answer that stands in a story is an answer to it.
    """
    letters = re.sub(r"[\W_]+", "", in_form("NFKC", text).lower())
    encoded = text.encode("utf-8", "replace")
    for attempt in count():
        code = sha256(b"%d\n%b" % (attempt, encoded)).hexdigest()[:CODE_LENGTH]
        if code not in letters:
            return code
    raise AssertionError


def fenced(prompt: Prompt, text: str, tags: Iterable[str] = ()) -> str:
    """Return the message that carries a story. `tags` are sentences about it that stand outside the fence."""
    words = {"code": code_of(text), "story": disarmed(text), "tags": " ".join(tags)}
    return filled(prompt.story, words).strip()
