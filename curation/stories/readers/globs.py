"""Globs, matched in a time that grows with pattern and path and no faster, whatever a stranger's pattern says. Pure."""

from collections.abc import Callable
from functools import lru_cache

# Longer patterns mean no file.
LONGEST = 1_000


class Glob:
    """A compiled pattern. Each bit of a whole number is a place in it, and all places that fit so far are kept at once.

    `single` are the places of one character each, `some` those of `*`, `every` those of `**`, `folders` the first of
    the two places of `**/`: before a folder's name, and inside it.
    """

    def __init__(self, pattern: str) -> None:
        self.single: list[tuple[int, Callable[[str], bool]]] = []
        self.some = self.every = self.folders = 0
        self.length = 0
        at = 0 if len(pattern) <= LONGEST else len(pattern)
        while at < len(pattern):
            at = self._add(pattern, at)
        self.end = 1 << self.length if len(pattern) <= LONGEST else 0
        self.fits = lru_cache(maxsize=None)(self._fits)

    def _add(self, pattern: str, at: int) -> int:
        here = 1 << self.length
        if pattern.startswith("**/", at) and pattern[at - 1 : at] in {"", "/"}:
            self.folders |= here
            self.length += 2
            return at + 3
        self.length += 1
        if pattern.startswith("**", at):
            self.every |= here
            return at + 2
        sign = pattern[at]
        if sign == "*":
            self.some |= here
        elif sign == "?":
            self.single.append((here, lambda char: char != "/"))
        elif sign == "[" and (end := pattern.find("]", at + 2)) > 0:
            self.single.append((here, one_of(pattern[at + 1 : end])))
            return end + 1
        else:
            self.single.append((here, lambda char: char == sign))
        return at + 1

    def _fits(self, char: str) -> int:
        return sum(bit for bit, fits in self.single if fits(char))

    def matches(self, path: str) -> bool:
        """Return whether the pattern means all of `path`."""
        places = self._free(1)
        for char in path:
            inside = self.folders << 1
            if char == "/":
                stay, back = places & self.every, (places & inside) >> 1
                places = self._free((places & self.fits(char)) << 1 | stay | back)
            else:
                stay = places & (self.every | self.some | inside)
                places = self._free((places & self.fits(char)) << 1 | stay | (places & self.folders) << 1)
            if not places:
                return False
        return bool(places & self.end)

    def _free(self, places: int) -> int:
        """Add the places that are reached without a character: what may be repeated may be left out."""
        while True:
            more = places | (places & (self.some | self.every)) << 1 | (places & self.folders) << 2
            if more == places:
                return places
            places = more


def one_of(inside: str) -> Callable[[str], bool]:
    """Return what `[a-c_]` or `[!a]` takes, given what stands between the brackets."""
    negated = inside.startswith("!")
    signs, ranges, at = set(), [], int(negated)
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            ranges.append((inside[at], inside[at + 2]))
            at += 3
        else:
            signs.add(inside[at])
            at += 1
    if negated:
        return lambda char: char != "/" and char not in signs and not any(low <= char <= high for low, high in ranges)
    return lambda char: char in signs or any(low <= char <= high for low, high in ranges)


@lru_cache(maxsize=64)
def glob_of(pattern: str) -> Glob:
    """Return a glob: `**` crosses folders, `*`, `?`, `[a-c]` and `[!a]` do not. One over 1,000 characters fits none."""
    return Glob(pattern)
