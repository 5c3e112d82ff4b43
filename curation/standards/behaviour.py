"""How a passage shows conduct, intent and portrayal, in whose words soever, and when that makes a backfire. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# The key of the flag that such a passage raises, in a rubric that has it.
BACKFIRE = "backfire"
# The words that can be chosen of a passage.
CHOICES = {
    "conduct": ("aligned", "ambiguous", "misaligned"),
    "intent": ("benevolent", "ambiguous", "malevolent"),
    "portrayal": ("positive", "neutral", "negative"),
}


class Marked(Protocol):
    """What was said of one passage; each is empty where nothing was."""

    @property
    def conduct(self) -> str: ...
    @property
    def intent(self) -> str: ...
    @property
    def portrayal(self) -> str: ...


@dataclass(frozen=True)
class Mark:
    """What was said of one passage."""

    conduct: str
    intent: str
    portrayal: str


def backfires(mark: Marked) -> bool | None:
    """Whether a passage shows misaligned conduct or malevolent intent, portrayed positively; None if it is unmarked."""
    if not (mark.conduct or mark.intent or mark.portrayal):
        return None
    return (mark.conduct == "misaligned" or mark.intent == "malevolent") and mark.portrayal == "positive"


def is_backfire(marks: Sequence[Marked]) -> bool:
    """Whether any of the passages is a backfire."""
    return any(backfires(mark) for mark in marks)
