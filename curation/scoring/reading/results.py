"""What one answer says of a story, once it is checked."""

from collections.abc import Mapping
from dataclasses import dataclass

from curation.core.spans import Passage


@dataclass(frozen=True)
class CriterionReading:
    """One criterion: the passages that the value rests on, why, and the value from 1 to 5, or None for N/A."""

    key: str
    value: int | None
    rationale: str = ""
    quotes: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class FlagReading:
    """A flag that is raised, why, and the passages that show it."""

    key: str
    reason: str = ""
    quotes: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class Behaviour:
    """A passage with what the AI does there, what it means by it, and how the story presents it.

    The words are those of `standards.behaviour.CHOICES`.
    """

    passage: Passage
    conduct: str
    intent: str
    portrayal: str


@dataclass(frozen=True)
class Reading:
    """One checked answer. `criteria` has every criterion of the rubric, by key and in the rubric's order.

    `no_ai_character` says that the story is out of scope: then every value is None.
    """

    criteria: Mapping[str, CriterionReading]
    themes: tuple[str, ...] = ()
    flags: tuple[FlagReading, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    honeypot: bool = False
    honeypot_reason: str = ""
    no_ai_character: bool = False

    @property
    def values(self) -> dict[str, int | None]:
        """The values by criterion, None for N/A."""
        return {key: one.value for key, one in self.criteria.items()}
