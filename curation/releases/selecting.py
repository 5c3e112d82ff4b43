"""What a version is asked to take of the accepted stories: the one thing that the form, the command and the API ask."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

# Under this tier go stories that were sent to rewrite, where a version asks for them.
BRONZE = "bronze"
CAPS = ("per_principle", "per_theme", "per_generator")


@dataclass(frozen=True)
class SelectionChoice:
    """Which stories a version takes; a part that is empty or None narrows nothing.

    `rubric` and `policy` are ids; without them it is the newest rubric in use, and whatever policy of it accepted a
    story. `sources` are short names, `principles` and `themes` keys, of which a story needs one; `tiers` are those of
    accepted stories. `per_*` is the most stories of one principle, theme or generator. `one_per_cluster` takes the best
    of near duplicates alone, and `rewrites` also takes stories that were sent to rewrite, as tier bronze.
    """

    rubric: int | None = None
    policy: int | None = None
    sources: tuple[str, ...] = ()
    principles: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    generators: tuple[str, ...] = ()
    per_principle: int | None = None
    per_theme: int | None = None
    per_generator: int | None = None
    one_per_cluster: bool = False
    rewrites: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON's types; `from_data` makes it of that again."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "SelectionChoice":
        """Return the choice that `data` tells, in whatever order its lists are; what it does not name stays open."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        return cls(**{name: in_order(value) for name, value in known.items()})

    @property
    def narrows(self) -> bool:
        """Whether it asks for anything but all that is accepted."""
        return self != SelectionChoice()

    @property
    def capped(self) -> bool:
        """Whether it has a most of anything."""
        return any(getattr(self, cap) is not None for cap in CAPS)


NAMES = tuple(field.name for field in fields(SelectionChoice))


def in_order(value: Any) -> Any:
    """Return a list as a tuple with each part once, in order: two choices of the same are equal."""
    return tuple(sorted({str(part) for part in value})) if isinstance(value, list | tuple | set) else value
