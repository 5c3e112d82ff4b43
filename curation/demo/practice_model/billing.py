"""The practice model's bill: what it did, and what that would have cost if its prices were real."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True)
class PracticePrice:
    """Dollars for a million tokens, which is micro-dollars for one."""

    input: Fraction
    output: Fraction
    cached_write: Fraction
    cached_read: Fraction


def price(of_input: str, output: str) -> PracticePrice:
    """A price list in which writing to the cache costs a quarter more than other input, and reading from it a tenth."""
    each = Fraction(of_input)
    return PracticePrice(each, Fraction(output), each * Fraction(5, 4), each / 10)


@dataclass(frozen=True)
class PracticeUsage:
    """The tokens of one answer; `input` counts those that the cache has no part in."""

    input: int
    output: int
    cached_write: int = 0
    cached_read: int = 0

    def micro_usd(self, at: PracticePrice, *, batch: bool = False) -> int:
        """What it costs, rounded up. In a batch half."""
        whole = (
            self.input * at.input
            + self.output * at.output
            + self.cached_write * at.cached_write
            + self.cached_read * at.cached_read
        )
        return math.ceil(whole / 2 if batch else whole)


@dataclass(frozen=True)
class Charge:
    """One answer on the bill. `key` is the idempotency key that came with it, `asked` a digest of what was asked."""

    id: str
    model: str
    usage: PracticeUsage
    micro_usd: int
    key: str
    asked: str
    batch: bool


@dataclass
class Bill:
    """All entries since the start."""

    entries: list[Charge] = field(default_factory=list)

    def add(self, entry: Charge) -> None:
        """Charge for one answer."""
        self.entries.append(entry)

    def micro_usd(self) -> int:
        """The sum."""
        return sum(entry.micro_usd for entry in self.entries)


def tokens(texts: Iterable[str]) -> int:
    """How many tokens texts count as: one for four bytes, and at least one."""
    return max(1, math.ceil(sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / 4))
