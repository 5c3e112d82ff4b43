"""Chats in the shapes that training data has: who said what, and which turns are a story and its prompt.

A chat is a list of turns with `role` and `content` (as OpenAI and Hugging Face write it), `from` and `value` (ShareGPT)
or `role` and `parts` (Gemini), an object that holds such a list as `messages`, `conversations` or `contents`, an object
of lists (as a table of turns is stored by columns), or one of these as JSON or as Python prints it, in a cell of text.
"""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from curation.core.plain_text import NameTwice, has_long_marks, names_once

ROLES, CONTENTS = ("role", "from"), ("content", "value", "text", "parts")
WRAPPERS = ("messages", "conversations", "conversation", "contents")
STORYTELLERS = {"assistant", "gpt", "model", "chatgpt", "bot", "ai"}
ASKERS = {"user", "human", "prompter"}
OTHERS = {"system", "developer", "tool", "function"}
# Parts of a turn that are words to the other side; thoughts, calls of tools and pictures are not.
SAID = {"text", "output_text", "input_text"}
# A turn may say its words before its role.
MAYBE_CHAT = re.compile(
    r"""\s*(?:array\()?[\[{]\s*[\[{"'].*?["'](?:role|from|messages|conversations?|contents)["']\s*:""", re.DOTALL
)

Turn = tuple[str, str]


def turns_of(value: object) -> list[Turn] | None:
    """Return the turns of a chat as (role in lower case, words or an empty string); None if it is no chat.

    Raises `NameTwice` for a chat that was written as JSON in which a name comes twice.
    """
    if isinstance(value, str):
        return turns_of(_parsed(value)) if MAYBE_CHAT.match(value) else None
    if isinstance(value, dict):
        for name in WRAPPERS:
            if isinstance(value.get(name), (list, dict)):
                return turns_of(value[name])
        value = _by_rows(value)
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(turn, dict) for turn in value):
        return None
    turns = [(_first(turn, ROLES), turn) for turn in value]
    if not all(isinstance(role, str) for role, _turn in turns):
        return None
    return [(role.strip().lower(), _words(_first(turn, CONTENTS))) for role, turn in turns]


def is_turn(value: dict[str, Any]) -> bool:
    """Return whether an object is a turn of a chat, and so no story of its own: somebody says something in it."""
    role = _first(value, ROLES)
    known = isinstance(role, str) and role.strip().lower() in STORYTELLERS | ASKERS | OTHERS
    return known and _first(value, CONTENTS) is not None


def told(turns: Sequence[Turn]) -> Turn:
    """Return the story, what the assistant says last, and the prompt, what the user last said before; else empty."""
    for place in range(len(turns) - 1, -1, -1):
        role, words = turns[place]
        if role in STORYTELLERS and words.strip():
            return words, asked(turns[:place])
    return "", ""


def asked(turns: Sequence[Turn]) -> str:
    """Return what the user says last, or an empty string."""
    return next((words for role, words in reversed(turns) if role in ASKERS and words.strip()), "")


def _first(turn: dict[str, Any], names: Sequence[str]) -> Any:
    return next((turn[name] for name in names if turn.get(name) is not None), None)


def _words(content: object) -> str:
    """Return the words of a turn: its text, or the texts among its parts, as paragraphs."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, (list, tuple)):
        return ""
    parts = [
        part.get("text")
        if isinstance(part, dict) and part.get("type", "text") in SAID and not part.get("thought")
        else part
        for part in content
    ]
    return "\n\n".join(part for part in parts if isinstance(part, str))


def _by_rows(columns: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return an object of lists, `{"role": [...], "content": [...]}`, as a list of turns."""
    lists = {name: items for name, items in columns.items() if isinstance(items, (list, tuple))}
    role = next((name for name in ROLES if name in lists), "")
    if not role or not any(name in lists for name in CONTENTS):
        return None
    size = len(lists[role])
    same = {name: items for name, items in lists.items() if len(items) == size}
    return [dict(zip(same, row, strict=True)) for row in zip(*same.values(), strict=True)]


def _parsed(text: str) -> Any:
    """Return a chat that was written as JSON, or printed by Python or numpy; None where it cannot be read."""
    try:
        return json.loads(text, object_pairs_hook=names_once)
    except NameTwice:
        raise
    except (ValueError, RecursionError):
        pass
    if has_long_marks(text):
        # Python brings names into a Unicode form, in a time that grows with the square of a run of marks.
        return None
    printed = re.sub(r"^\s*array\(|,\s*dtype=object\)\s*$", "", text)
    for form in (printed, re.sub(r"\}\s*\{", "}, {", printed)):
        try:
            return ast.literal_eval(form.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None
