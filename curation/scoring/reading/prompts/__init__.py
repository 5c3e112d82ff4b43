"""The prompts, as files. A version that judges have used never changes: a better prompt is a new version.

The folder of a version has three files: `judging.md`, what to judge and by what, for which a judge may carry a text of
its own; `answering.md`, how the story is fenced and how to answer, which goes with every text; and `story.md`, what
stands around the story.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from curation.core.stored_messages import gettext_noop

HERE = Path(__file__).parent
PLACE = re.compile(r"\{\{(\w*)\}\}")
# What a text of a judge's own may name, and what it cannot leave out.
PLACES = ("constitution", "summary", "themes", "criteria", "flags")
NEEDED = ("criteria", "flags")
LONGEST = 50_000
NO_PLACE = gettext_noop("The prompt has no place for everything that is asked: write %(places)s where it goes.")
ODD_PLACE = gettext_noop("The prompt has a place for “%(name)s”, and there is nothing to put there.")
TOO_LONG = gettext_noop("The prompt has more than %(most)s characters.")
FORMS = (NO_PLACE, ODD_PLACE, TOO_LONG)


class PromptUnusable(ValueError):
    """A judge's own prompt cannot be used; the message says why."""


@dataclass(frozen=True)
class Prompt:
    """A prompt in full: the `version` of the project's files, and what the three say, places still open."""

    version: int
    judging: str
    answering: str
    story: str


@lru_cache
def prompt_versions() -> tuple[int, ...]:
    """Return the versions that there are, from 1."""
    return tuple(sorted(int(path.name) for path in HERE.iterdir() if path.name.isdigit()))


NEWEST = prompt_versions()[-1]


@lru_cache(maxsize=64)
def prompt(version: int = NEWEST, own: str = "") -> Prompt:
    """Return a version's prompt, with `own` in the place of its `judging.md` where a judge carries one.

    Raises `PromptUnusable` for a text that would leave something out, and `LookupError` for an unknown version.
    """
    if version not in prompt_versions():
        raise LookupError(f"there is no prompt version {version}")
    judging, answering, story = (
        (HERE / str(version) / f"{name}.md").read_text(encoding="utf-8").strip()
        for name in ("judging", "answering", "story")
    )
    if own.strip():
        check_own(own)
        judging = own.strip()
    return Prompt(version, judging, answering, story)


def check_own(text: str) -> None:
    """Raise `PromptUnusable` unless a judge's own text has the places that it needs, and no others."""
    if len(text) > LONGEST:
        raise PromptUnusable(TOO_LONG % {"most": f"{LONGEST:,}"})
    named = PLACE.findall(text)
    if odd := [name for name in named if name not in PLACES]:
        raise PromptUnusable(ODD_PLACE % {"name": odd[0]})
    if missing := [name for name in NEEDED if name not in named]:
        raise PromptUnusable(NO_PLACE % {"places": ", ".join("{{" + name + "}}" for name in missing)})


def filled(text: str, words: Mapping[str, str]) -> str:
    """Return `text` with `words` in its places, all at once: what is put in is not looked at for places again."""
    return PLACE.sub(lambda place: words[place[1]], text)
